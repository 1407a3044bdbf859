// SPDX-License-Identifier: Apache-2.0
#include "edgewright/columns.h"

namespace EW_NS {

void ew_select_columns(const float* values, int32_t rows, int32_t width, const int32_t* chosen, int32_t count,
                       float* out) {
    for (int32_t row = 0; row < rows; ++row) {
        for (int32_t i = 0; i < count; ++i) *out++ = values[row * width + chosen[i]];
    }
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "edgewright/standardise.h"

namespace EW_NS {

void ew_standardise(const float* x, const int32_t* selected, const float* mean, const float* scale, int32_t count,
                    float* z) {
    constexpr float farthest = 1e15f;
    for (int32_t i = 0; i < count; ++i) {
        const float value = (x[selected[i]] - mean[i]) / scale[i];
        z[i] = value > farthest ? farthest : value < -farthest ? -farthest : value;
    }
}

}  // namespace EW_NS

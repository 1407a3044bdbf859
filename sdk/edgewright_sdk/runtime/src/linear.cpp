// SPDX-License-Identifier: Apache-2.0
#include "edgewright/linear.h"

namespace EW_NS {

void ew_linear(const float* x, int32_t inputs, const float* weights, const float* bias, int32_t outputs, float* raw) {
    for (int32_t k = 0; k < outputs; ++k) {
        const float* const w = weights + k * inputs;
        float lanes[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        int32_t i = 0;
        for (; i + 4 <= inputs; i += 4) {
            for (int32_t j = 0; j < 4; ++j) lanes[j] += w[i + j] * x[i + j];
        }
        for (int32_t j = 0; i < inputs; ++i, ++j) lanes[j] += w[i] * x[i];
        raw[k] = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + bias[k];
    }
}

}  // namespace EW_NS

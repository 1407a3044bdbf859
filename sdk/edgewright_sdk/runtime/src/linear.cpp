// SPDX-License-Identifier: Apache-2.0
#include "edgewright/linear.h"

#include "edgewright/vector.h"

namespace EW_NS {

void ew_linear(const float* x, int32_t inputs, const float* weights, const float* bias, int32_t outputs, float* raw) {
    for (int32_t k = 0; k < outputs; ++k) raw[k] = ew_dot(weights + k * inputs, x, inputs) + bias[k];
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "edgewright/kernel.h"

#include "edgewright/scalar.h"
#include "edgewright/vector.h"

namespace EW_NS {

void ew_kernel(const ew_machine& machine, const float* x, float* raw, float* lost) {
    for (int32_t k = 0; k < machine.outputs; ++k) {
        raw[k] = machine.bias[k];
        lost[k] = 0.0f;
    }
    const float* coefficients = machine.coefficients;
    for (int32_t v = 0; v < machine.vectors; ++v) {
        const float distance = ew_squared_distance(x, machine.support + v * machine.inputs, machine.inputs);
        const float near = expf(-machine.gamma * distance);
        for (int32_t k = 0; k < machine.outputs; ++k) {
            const float term = *coefficients++ * near - lost[k];
            const float sum = raw[k] + term;
            lost[k] = (sum - raw[k]) - term;
            raw[k] = sum;
        }
    }
}

}  // namespace EW_NS

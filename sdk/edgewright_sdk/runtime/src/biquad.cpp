// SPDX-License-Identifier: Apache-2.0
#include "edgewright/biquad.h"

namespace EW_NS {

void ew_biquad_cascade(float* values, int32_t count, const float* coefficients, int32_t sections, float* state) {
    for (int32_t s = 0; s < sections; ++s) {
        const float* const c = coefficients + 5 * s;
        float z0 = state != nullptr ? state[2 * s] : 0.0f;
        float z1 = state != nullptr ? state[2 * s + 1] : 0.0f;
        for (int32_t i = 0; i < count; ++i) {
            const float x = values[i];
            const float y = c[0] * x + z0;
            z0 = c[1] * x - c[3] * y + z1;
            z1 = c[2] * x - c[4] * y;
            values[i] = y;
        }
        if (state != nullptr) {
            state[2 * s] = z0;
            state[2 * s + 1] = z1;
        }
    }
}

}  // namespace EW_NS

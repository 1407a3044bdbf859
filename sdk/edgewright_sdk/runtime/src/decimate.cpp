// SPDX-License-Identifier: Apache-2.0
#include "edgewright/decimate.h"

namespace EW_NS {

int32_t ew_decimate(float* values, int32_t count, int32_t ratio, const float* filter) {
    double c[4][7];
    for (int32_t s = 0; s < 4; ++s) {
        for (int32_t k = 0; k < 7; ++k) {
            const float* const pair = filter + 2 * (7 * s + k);
            c[s][k] = static_cast<double>(pair[0]) + static_cast<double>(pair[1]);
        }
        c[s][5] *= static_cast<double>(values[0]);
        c[s][6] *= static_cast<double>(values[0]);
    }
    int32_t kept = 0;
    int32_t wait = 0;
    for (int32_t i = 0; i < count; ++i) {
        double x = static_cast<double>(values[i]);
        for (int32_t s = 0; s < 4; ++s) {
            const double y = c[s][0] * x + c[s][5];
            c[s][5] = c[s][1] * x - c[s][3] * y + c[s][6];
            c[s][6] = c[s][2] * x - c[s][4] * y;
            x = y;
        }
        if (wait == 0) {
            values[kept++] = static_cast<float>(x);
            wait = ratio;
        }
        --wait;
    }
    return kept;
}

}  // namespace EW_NS

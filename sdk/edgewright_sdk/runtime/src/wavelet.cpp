// SPDX-License-Identifier: Apache-2.0
#include "edgewright/wavelet.h"

namespace EW_NS {

int32_t ew_wavelet_step(const float* values, int32_t count, const float* filter, int32_t taps, float* out) {
    const int32_t kept = (count + taps - 1) / 2;
    for (int32_t k = 0; k < kept; ++k) {
        float sum = 0.0f;
        for (int32_t j = 0; j < taps; ++j) {
            int32_t place = (2 * k + 1 - j) % (2 * count);
            if (place < 0) place += 2 * count;
            if (place >= count) place = 2 * count - 1 - place;
            sum += filter[j] * values[place];
        }
        out[k] = sum;
    }
    return kept;
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
// Even and odd values as one complex transform of half the length, in place, then the real signal's bins from its pairs.
#include "edgewright/fft_cmsis.h"

#ifdef EW_FFT_CMSIS
#include "arm_math.h"

namespace EW_NS {

bool ew_rfft_cmsis(float* values, int32_t length, const float* quarter_wave, float* spectrum) {
    const int32_t points = length / 2;
    arm_cfft_instance_f32 transform;
    if (arm_cfft_init_f32(&transform, static_cast<uint16_t>(points)) != ARM_MATH_SUCCESS) return false;
    arm_cfft_f32(&transform, values, 0, 1);
    spectrum[0] = values[0] + values[1];
    spectrum[points] = values[0] - values[1];
    for (int32_t k = 1; 2 * k <= points; ++k) {
        const float* const a = values + 2 * k;
        const float* const b = values + 2 * (points - k);
        const float cosine = quarter_wave[length / 4 - k];
        const float sine = quarter_wave[k];
        const float even_re = 0.5f * (a[0] + b[0]);
        const float even_im = 0.5f * (a[1] - b[1]);
        const float odd_re = 0.5f * (a[1] + b[1]);
        const float odd_im = 0.5f * (b[0] - a[0]);
        const float turned_re = odd_re * cosine + odd_im * sine;
        const float turned_im = odd_im * cosine - odd_re * sine;
        spectrum[k] = even_re + turned_re;
        spectrum[length - k] = even_im + turned_im;
        spectrum[points - k] = even_re - turned_re;
        spectrum[points + k] = turned_im - even_im;
    }
    return true;
}

}  // namespace EW_NS
#endif

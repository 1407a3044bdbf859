// SPDX-License-Identifier: Apache-2.0
#include "spectrum.h"

#include "edgewright/fft.h"
#include "edgewright/scalar.h"

namespace EW_NS {

ew_status ew_spectrum(const ew_spectrum_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena& scratch) {
    const int32_t n = tables.fft_length;
    if (n < 16 || (n & (n - 1)) != 0 || tables.quarter_wave == nullptr) return ew_bad_tables;
    if (in[0].rank != 2 || in[0].shape[0] < 1 || in[0].shape[0] > n) return ew_bad_shape;
    const int32_t length = in[0].shape[0];
    const int32_t axes = in[0].shape[1];
    const int32_t bins = n / 2 + 1;
    if (!ew_is_floats(in[0], length * axes) || !ew_is_floats(out[0], bins * axes)) return ew_bad_shape;
    float* const work = ew_take<float>(scratch, n);
    if (work == nullptr) return ew_no_memory;

    for (int32_t axis = 0; axis < axes; ++axis) {
        const float* const signal = ew_floats(in[0]) + axis;
        for (int32_t i = 0; i < length; ++i) work[i] = signal[i * axes];
        for (int32_t i = length; i < n; ++i) work[i] = 0.0f;
        ew_rfft(work, n, tables.quarter_wave);

        float* const bin = ew_floats(out[0]) + axis * bins;
        const float share = 1.0f / static_cast<float>(n);
        bin[0] = work[0] * work[0] * share;
        bin[n / 2] = work[1] * work[1] * share;
        for (int32_t k = 1; k < n / 2; ++k) {
            bin[k] = (work[2 * k] * work[2 * k] + work[2 * k + 1] * work[2 * k + 1]) * share;
        }
        float largest = 0.0f;
        for (int32_t k = 0; k < bins; ++k) largest = bin[k] > largest ? bin[k] : largest;
        const bool relative = tables.normalise != 0;
        if (relative && largest == 0.0f) continue;  // digital silence: all bins are 0
        for (int32_t k = 0; k < bins; ++k) {
            const float power = relative ? bin[k] / largest : bin[k];
            if (tables.scale == 1) {
                bin[k] = power;
            } else if (tables.scale == 2) {
                bin[k] = 10.0f * log10f(power > 1e-10f ? power : 1e-10f);
            } else {
                bin[k] = sqrtf(relative ? power : power * static_cast<float>(n));
            }
        }
    }
    return ew_ok;
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "spectrum.h"

#include "edgewright/fft.h"
#include "edgewright/logarithm.h"
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
    float* const power = ew_take<float>(scratch, n);
    float* const work = ew_take<float>(scratch, n);
    if (power == nullptr || work == nullptr) return ew_no_memory;

    for (int32_t axis = 0; axis < axes; ++axis) {
        const float* const signal = ew_floats(in[0]) + axis;
        for (int32_t i = 0; i < length; ++i) power[i] = signal[i * axes];
        memset(power + length, 0, sizeof(float) * static_cast<size_t>(n - length));
        ew_power_spectrum(power, n, tables.quarter_wave, work);

        float* const bin = ew_floats(out[0]) + axis * bins;
        float largest = 0.0f;
        for (int32_t k = 0; k < bins; ++k) largest = power[k] > largest ? power[k] : largest;
        const bool relative = tables.normalise != 0;
        const float unit = relative && largest > 0.0f ? largest : 1.0f;
        for (int32_t k = 0; k < bins; ++k) bin[k] = power[k] / unit;
        if (tables.scale == 1 || (relative && largest == 0.0f)) continue;  // digital silence: all bins are 0
        if (tables.scale == 2) {
            for (int32_t k = 0; k < bins; ++k) bin[k] = bin[k] > 1e-10f ? bin[k] : 1e-10f;
            ew_logarithms(bin, bins, 10.0f * ew_decades);
        } else {
            const float whole = relative ? 1.0f : static_cast<float>(n);
            for (int32_t k = 0; k < bins; ++k) bin[k] = ew_sqrt(bin[k] * whole);
        }
    }
    return ew_ok;
}

}  // namespace EW_NS

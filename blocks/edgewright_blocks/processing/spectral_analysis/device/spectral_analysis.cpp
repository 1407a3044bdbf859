// SPDX-License-Identifier: Apache-2.0
#include "spectral_analysis.h"

#include "edgewright/biquad.h"
#include "edgewright/fft.h"
#include "edgewright/scalar.h"
#include "edgewright/statistics.h"

namespace EW_NS {
namespace {

constexpr float power_floor = 1e-10f;

// Largest power of each bin over all frames; the last frames are filled up with zeros.
void max_hold(const ew_spectral_analysis_tables& t, const float* signal, int32_t length, float* frame, float* power) {
    const int32_t step = t.overlap != 0 ? t.fft_length / 2 : t.fft_length;
    memset(power, 0, sizeof(float) * static_cast<size_t>(t.fft_length / 2 + 1));
    for (int32_t start = 0; start < length; start += step) {
        const int32_t left = length - start;
        const int32_t taken = left < t.fft_length ? left : t.fft_length;
        memcpy(frame, signal + start, sizeof(float) * static_cast<size_t>(taken));
        memset(frame + taken, 0, sizeof(float) * static_cast<size_t>(t.fft_length - taken));
        ew_rfft(frame, t.fft_length, t.quarter_wave);
        ew_max_hold_power(frame, t.fft_length, power);
    }
}

}  // namespace

ew_status ew_spectral_analysis(const ew_spectral_analysis_tables& tables, void*, const ew_view* in, ew_view* out,
                               ew_arena& scratch) {
    if (in[0].rank != 2 || in[0].shape[0] < 1) return ew_bad_shape;
    const int32_t length = in[0].shape[0];
    const int32_t axes = in[0].shape[1];
    const int32_t n = tables.fft_length;
    if (n < 2 || (n & (n - 1)) != 0 || tables.first_bin < 0 || tables.last_bin > n / 2) return ew_bad_tables;
    const int32_t bins = tables.last_bin - tables.first_bin + 1;
    if (bins < 1) return ew_bad_tables;
    if (!ew_is_floats(in[0], length * axes) || !ew_is_floats(out[0], (5 + bins) * axes)) return ew_bad_shape;
    float* const signal = ew_take<float>(scratch, length);
    float* const frame = ew_take<float>(scratch, n);
    float* const power = ew_take<float>(scratch, n / 2 + 1);
    if (signal == nullptr || frame == nullptr || power == nullptr) return ew_no_memory;

    const float* const window = ew_floats(in[0]);
    float* feature = ew_floats(out[0]);
    for (int32_t axis = 0; axis < axes; ++axis) {
        for (int32_t i = 0; i < length; ++i) signal[i] = window[i * axes + axis] * tables.scale;
        ew_biquad_cascade(signal, length, tables.filter, tables.sections, nullptr);
        const ew_moments time = ew_statistics(signal, length, 1);
        ew_subtract_mean(signal, length, time);  // leaves a constant axis exactly 0, and so its powers
        max_hold(tables, signal, length, frame, power);
        const ew_moments spectrum = ew_statistics(power, n / 2 + 1, 1);
        *feature++ = time.stdev;  // the root mean square of a signal without mean
        *feature++ = time.skewness;
        *feature++ = time.kurtosis;
        *feature++ = spectrum.skewness;
        *feature++ = spectrum.kurtosis;
        for (int32_t k = tables.first_bin; k <= tables.last_bin; ++k) {
            const float p = power[k];
            *feature++ = tables.log == 0 ? p : log10f(p > 0.0f ? p : power_floor);
        }
    }
    return ew_ok;
}

}  // namespace EW_NS

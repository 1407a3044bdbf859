// SPDX-License-Identifier: Apache-2.0
#include "spectral_analysis.h"

#include "edgewright/fft.h"
#include "edgewright/scalar.h"
#include "filtered.h"

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

// The features of one signal without its mean, whose moments were `level`.
void describe(const ew_spectral_analysis_tables& t, const ew_moments& level, const float* signal, int32_t length,
                int32_t first_bin, int32_t last_bin, float* frame, float* power, float* feature) {
    max_hold(t, signal, length, frame, power);
    const ew_moments spectrum = ew_statistics(power, t.fft_length / 2 + 1, 1);
    *feature++ = level.stdev;  // the root mean square of a signal without mean
    *feature++ = level.skewness;
    *feature++ = level.kurtosis;
    *feature++ = spectrum.skewness;
    *feature++ = spectrum.kurtosis;
    for (int32_t k = first_bin; k <= last_bin; ++k) {
        const float p = power[k];
        *feature++ = t.log == 0 ? p : log10f(p > 0.0f ? p : power_floor);
    }
}

}  // namespace

ew_status ew_spectral_analysis(const ew_spectral_analysis_tables& tables, void*, const ew_view* in, ew_view* out,
                               ew_arena& scratch) {
    if (in[0].rank != 2) return ew_bad_shape;
    const int32_t length = in[0].shape[0];
    const int32_t axes = in[0].shape[1];
    const int32_t n = tables.fft_length;
    if (!ew_spectral_stages_fit(tables, length)) return ew_bad_tables;
    if (n < 2 || (n & (n - 1)) != 0 || tables.first_bin < 0 || tables.last_bin > n / 2) return ew_bad_tables;
    if (tables.low_first_bin < 0 || tables.low_last_bin > n / 2) return ew_bad_tables;
    const int32_t bins = tables.last_bin - tables.first_bin + 1;
    const int32_t low_bins = tables.low_last_bin - tables.low_first_bin + 1;
    if (bins < 1 || (tables.low != 0 && low_bins < 1)) return ew_bad_tables;
    const int32_t each = 5 + bins;
    const int32_t low_each = tables.low != 0 ? 5 + low_bins : 0;
    if (!ew_is_floats(in[0], length * axes) || !ew_is_floats(out[0], (each + low_each) * axes)) return ew_bad_shape;
    float* const signal = ew_take<float>(scratch, length);
    float* const frame = ew_take<float>(scratch, n);
    float* const power = ew_take<float>(scratch, n / 2 + 1);
    if (signal == nullptr || frame == nullptr || power == nullptr) return ew_no_memory;

    float* const features = ew_floats(out[0]);
    for (int32_t axis = 0; axis < axes; ++axis) {
        ew_moments level;
        int32_t count = ew_spectral_signal(tables, ew_floats(in[0]), length, axes, axis, signal, level);
        describe(tables, level, signal, count, tables.first_bin, tables.last_bin, frame, power, features + axis * each);
        if (tables.low == 0) continue;
        count = ew_decimate(signal, count, 10, tables.low_filter);
        level = ew_statistics(signal, count, 1);
        ew_subtract_mean(signal, count, level);
        describe(tables, level, signal, count, tables.low_first_bin, tables.low_last_bin, frame, power,
                 features + axes * each + axis * low_each);
    }
    return ew_ok;
}

}  // namespace EW_NS

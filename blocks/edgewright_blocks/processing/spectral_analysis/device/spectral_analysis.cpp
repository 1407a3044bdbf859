// SPDX-License-Identifier: Apache-2.0
#include "spectral_analysis.h"

#include "edgewright/fft.h"
#include "edgewright/logarithm.h"
#include "edgewright/statistics.h"
#include "filtered.h"

namespace EW_NS {
namespace {

constexpr float power_floor = 1e-10f;

struct ew_workspace {
    float* frame;      // [fft_length] samples, then powers
    float* transform;  // [fft_length]
    float* power;      // [fft_length / 2 + 1]
};

// Largest power of each bin over all frames; the last frames are filled up with zeros.
void max_hold(const ew_spectral_analysis_tables& t, const float* signal, int32_t length, const ew_workspace& work) {
    const int32_t step = t.overlap != 0 ? t.fft_length / 2 : t.fft_length;
    const int32_t bins = t.fft_length / 2 + 1;
    float* const frame = work.frame;
    float* const power = work.power;
    memset(power, 0, sizeof(float) * static_cast<size_t>(bins));
    for (int32_t start = 0; start < length; start += step) {
        const int32_t left = length - start;
        const int32_t taken = left < t.fft_length ? left : t.fft_length;
        memcpy(frame, signal + start, sizeof(float) * static_cast<size_t>(taken));
        memset(frame + taken, 0, sizeof(float) * static_cast<size_t>(t.fft_length - taken));
        ew_power_spectrum(frame, t.fft_length, t.quarter_wave, work.transform);
        for (int32_t k = 0; k < bins; ++k) power[k] = frame[k] > power[k] ? frame[k] : power[k];
    }
}

// The features of one signal without its mean, whose moments were `level`.
void describe(const ew_spectral_analysis_tables& t, const ew_moments& level, const float* signal, int32_t length,
              int32_t first_bin, int32_t last_bin, const ew_workspace& work, float* feature) {
    max_hold(t, signal, length, work);
    const ew_moments spectrum = ew_statistics(work.power, t.fft_length / 2 + 1, 1);
    *feature++ = level.stdev;  // the root mean square of a signal without mean
    *feature++ = level.skewness;
    *feature++ = level.kurtosis;
    *feature++ = spectrum.skewness;
    *feature++ = spectrum.kurtosis;
    const int32_t kept = last_bin - first_bin + 1;
    memcpy(feature, work.power + first_bin, sizeof(float) * static_cast<size_t>(kept));
    if (t.log == 0) return;
    for (int32_t k = 0; k < kept; ++k) feature[k] = feature[k] > 0.0f ? feature[k] : power_floor;
    ew_logarithms(feature, kept, ew_decades);
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
    const ew_workspace work = {ew_take<float>(scratch, n), ew_take<float>(scratch, n), ew_take<float>(scratch, n / 2 + 1)};
    if (signal == nullptr || work.power == nullptr || work.transform == nullptr || work.frame == nullptr) {
        return ew_no_memory;
    }

    float* const features = ew_floats(out[0]);
    for (int32_t axis = 0; axis < axes; ++axis) {
        int32_t count = ew_spectral_signal(tables, ew_floats(in[0]), length, axes, axis, signal);
        ew_moments level = ew_statistics(signal, count, 1);
        ew_subtract_mean(signal, count, level);  // leaves a constant axis exactly 0, and so its powers
        describe(tables, level, signal, count, tables.first_bin, tables.last_bin, work, features + axis * each);
        if (tables.low == 0) continue;
        count = ew_decimate(signal, count, 10, tables.low_filter);
        level = ew_statistics(signal, count, 1);
        ew_subtract_mean(signal, count, level);
        describe(tables, level, signal, count, tables.low_first_bin, tables.low_last_bin, work,
                 features + axes * each + axis * low_each);
    }
    return ew_ok;
}

}  // namespace EW_NS

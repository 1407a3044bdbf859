// SPDX-License-Identifier: Apache-2.0
#include "wavelet_analysis.h"

#include "edgewright/order.h"
#include "edgewright/scalar.h"
#include "edgewright/statistics.h"
#include "edgewright/wavelet.h"
#include "filtered.h"

namespace EW_NS {
namespace {

constexpr int32_t bins = 100;
constexpr int32_t statistics = 14;

// The 14 statistics of one part; sorts it.
void describe(float* part, int32_t count, int32_t* counts, float* feature) {
    const ew_moments m = ew_statistics(part, count, 1);
    feature[0] = ew_entropy(part, count, m.minimum, m.maximum, counts, bins);
    feature[1] = ew_crossings(part, count, 0.0f);
    feature[2] = ew_crossings(part, count, m.mean);
    ew_sort(part, count);
    const int32_t percents[5] = {5, 25, 75, 95, 50};
    for (int32_t i = 0; i < 5; ++i) feature[3 + i] = part[((count - 1) * percents[i] + 50) / 100];
    feature[8] = m.mean;
    feature[9] = m.stdev;
    feature[10] = count > 1 ? m.stdev * m.stdev * (static_cast<float>(count) / static_cast<float>(count - 1)) : 0.0f;
    feature[11] = m.rms;
    feature[12] = m.skewness;
    feature[13] = m.kurtosis;
}

}  // namespace

ew_status ew_wavelet_analysis(const ew_wavelet_analysis_tables& tables, void*, const ew_view* in, ew_view* out,
                              ew_arena& scratch) {
    if (in[0].rank != 2) return ew_bad_shape;
    const int32_t length = in[0].shape[0];
    const int32_t axes = in[0].shape[1];
    const int32_t level = tables.level;
    if (!ew_spectral_stages_fit(tables, length) || level < 1 || tables.taps < 2) return ew_bad_tables;
    if (!ew_is_floats(in[0], length * axes)) return ew_bad_shape;
    if (!ew_is_floats(out[0], statistics * (level + 1) * axes)) return ew_bad_shape;
    int32_t samples = length;
    for (int32_t stage = 0; stage < tables.stages; ++stage) samples = (samples - 1) / tables.ratios[stage] + 1;
    const int32_t half = (samples + tables.taps) / 2 + 1;
    float* const signal = ew_take<float>(scratch, length);
    float* const coarse = ew_take<float>(scratch, half);
    float* const detail = ew_take<float>(scratch, half);
    int32_t* const counts = ew_take<int32_t>(scratch, bins);
    if (signal == nullptr || coarse == nullptr || detail == nullptr || counts == nullptr) return ew_no_memory;

    for (int32_t axis = 0; axis < axes; ++axis) {
        float* const features = ew_floats(out[0]) + axis * statistics * (level + 1);
        int32_t count = ew_spectral_signal(tables, ew_floats(in[0]), length, axes, axis, signal);
        ew_wavelet_centre(signal, count);
        for (int32_t step = 0; step < level; ++step) {
            const int32_t kept = ew_wavelet_step(signal, count, tables.high_pass, tables.taps, detail);
            ew_wavelet_step(signal, count, tables.low_pass, tables.taps, coarse);
            describe(detail, kept, counts, features + statistics * (level - step));
            if (kept > length) return ew_bad_tables;
            memcpy(signal, coarse, sizeof(float) * static_cast<size_t>(kept));
            count = kept;
        }
        describe(signal, count, counts, features);
    }
    return ew_ok;
}

}  // namespace EW_NS

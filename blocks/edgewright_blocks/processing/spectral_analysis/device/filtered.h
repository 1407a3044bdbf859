// SPDX-License-Identifier: Apache-2.0
// What both nodes do first: one axis of the window, scaled, decimated, filtered.
#pragma once
#include "edgewright/biquad.h"
#include "edgewright/decimate.h"

namespace EW_NS {

template <class Tables>
bool ew_spectral_stages_fit(const Tables& tables, int32_t length) {
    if (tables.stages < 0 || tables.sections < 0 || length < 1) return false;
    for (int32_t stage = 0; stage < tables.stages; ++stage) {
        if (tables.ratios[stage] < 1) return false;
    }
    return true;
}

// Writes to `signal` (`length` values) and returns how many are left.
template <class Tables>
int32_t ew_spectral_signal(const Tables& tables, const float* window, int32_t length, int32_t axes, int32_t axis,
                           float* signal) {
    for (int32_t i = 0; i < length; ++i) signal[i] = window[i * axes + axis] * tables.scale;
    int32_t count = length;
    for (int32_t stage = 0; stage < tables.stages; ++stage) {
        count = ew_decimate(signal, count, tables.ratios[stage], tables.stage_filters + stage * ew_decimator_values);
    }
    ew_biquad_cascade(signal, count, tables.filter, tables.sections, nullptr);
    return count;
}

}  // namespace EW_NS

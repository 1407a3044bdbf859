// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_wavelet_analysis_tables {
    float scale;                 // scale-axes
    int32_t stages;              // of decimation
    const int32_t* ratios;       // [stages]
    const float* stage_filters;  // [stages][ew_decimator_values]
    int32_t sections;            // second-order sections of the filter; 0: none
    const float* filter;         // [sections][5] b0 b1 b2 a1 a2 (a0 = 1); one unused value when there are none
    int32_t level;               // how often the signal is split
    int32_t taps;
    const float* low_pass;       // [taps]
    const float* high_pass;      // [taps]
};

// Window (length, axes) -> per axis 14 statistics of the coarse rest, then of the details from coarse to fine.
ew_status ew_wavelet_analysis(const ew_wavelet_analysis_tables& tables, void* state, const ew_view* in, ew_view* out,
                              ew_arena& scratch);

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_spectral_analysis_tables {
    float scale;                 // scale-axes
    int32_t stages;              // of decimation
    const int32_t* ratios;       // [stages]
    const float* stage_filters;  // [stages][ew_decimator_values]
    int32_t sections;            // second-order sections of the filter; 0: none
    const float* filter;         // [sections][5] b0 b1 b2 a1 a2 (a0 = 1); one unused value when there are none
    int32_t fft_length;          // power of two >= 2
    int32_t overlap;             // 1: frames step by half their length
    int32_t log;                 // 1: log10 of the powers
    int32_t first_bin;           // kept bins, both ends included
    int32_t last_bin;
    int32_t low;                 // 1: the same of the signal decimated by 10
    int32_t low_first_bin;
    int32_t low_last_bin;
    const float* low_filter;     // [ew_decimator_values]
    const float* quarter_wave;   // [fft_length/4 + 1] sin(2 pi k / fft_length)
};

// Window (length, axes) -> per axis RMS, skewness, kurtosis, spectral skewness, spectral kurtosis and the powers of
// the kept bins; with `low` the same again, per axis, of the decimated signals. Scratch: `length`, twice `fft_length` and
// `fft_length/2 + 1` floats, each rounded up to 16 bytes.
ew_status ew_spectral_analysis(const ew_spectral_analysis_tables& tables, void* state, const ew_view* in, ew_view* out,
                               ew_arena& scratch);

}  // namespace EW_NS

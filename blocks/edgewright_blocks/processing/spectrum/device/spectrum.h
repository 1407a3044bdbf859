// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

// The fields are those of `tables` in block.py's export, in that order.
struct ew_spectrum_tables {
    int32_t fft_length;
    int32_t scale;      // 0 magnitude, 1 power, 2 dB
    int32_t normalise;  // 1: by the largest power of the axis
    const float* quarter_wave;  // [fft_length / 4 + 1]
};

// Window (length, axes), at most fft_length samples -> bins 0 … fft_length/2 of axis 0, then of axis 1, …
ew_status ew_spectrum(const ew_spectrum_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

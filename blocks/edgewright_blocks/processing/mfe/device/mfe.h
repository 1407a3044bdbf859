// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

// The fields are those of `tables` in block.py's export, in that order.
struct ew_mfe_tables {
    int32_t frame_used;
    int32_t frame_step;
    int32_t frames;
    int32_t fft_length;
    int32_t new_frames;
    int32_t shift;
    float factor;
    float scale;
    const float* quarter_wave;  // [fft_length / 4 + 1]
    int32_t filters;
    const int16_t* first;   // [filters]
    const int16_t* count;   // [filters]
    const float* weights;
    float noise_floor;  // dB
};

// Window (length, 1) -> levels by frame, each of every filter.
ew_status ew_mfe(const ew_mfe_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

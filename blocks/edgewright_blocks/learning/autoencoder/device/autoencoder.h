// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_autoencoder_tables {
    int32_t inputs;           // length of the feature vector
    int32_t features;         // how many of them are used
    const int32_t* selected;  // [features] their columns
    const float* mean;        // [features]
    const float* scale;       // [features] > 0
    int32_t layers;
    const int32_t* table;     // [layers][6] see edgewright/layers.h
    const float* weights;
    const float* bias;
    int32_t widest;
};

// Features -> score (1 value) and contributions (`features` values, which sum to it). Scratch: 2 `widest` floats.
ew_status ew_autoencoder(const ew_autoencoder_tables& tables, void* state, const ew_view* in, ew_view* out,
                         ew_arena& scratch);

}  // namespace EW_NS

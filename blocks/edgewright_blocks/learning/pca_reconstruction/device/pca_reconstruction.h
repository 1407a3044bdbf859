// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_pca_reconstruction_tables {
    int32_t inputs;            // width of the features
    int32_t features;          // how many of them are used
    const int32_t* selected;   // [features] columns used
    const float* mean;         // [features]
    const float* scale;        // [features]
    int32_t components;        // may be none: windows are compared with the mean
    const float* weights;      // [components][features] orthonormal rows
};

// Features -> score (1 value) and contributions (`features` values, which sum to it). Scratch: `components` floats.
ew_status ew_pca_reconstruction(const ew_pca_reconstruction_tables& tables, void* state, const ew_view* in,
                                ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

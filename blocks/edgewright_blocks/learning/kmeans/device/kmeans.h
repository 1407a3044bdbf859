// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_kmeans_tables {
    int32_t inputs;            // length of the feature vector
    int32_t features;          // how many of them are used
    const int32_t* selected;   // [features] their columns
    const float* mean;         // [features]
    const float* scale;        // [features] population standard deviation, > 0
    int32_t clusters;
    const float* centroids;    // [clusters][features], in standardised units
    const float* radii;        // [clusters]
};

// Features -> scores (1 value): the smallest of |z - centroid| - radius over the clusters, z = (x - mean) / scale;
// contributions (`features` values) that sum to the score. Scratch: `features` floats, rounded up to 16 bytes.
ew_status ew_kmeans(const ew_kmeans_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

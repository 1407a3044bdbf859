// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_gmm_tables {
    int32_t inputs;            // length of the feature vector
    int32_t features;          // how many of them are used
    const int32_t* selected;   // [features] their columns
    const float* mean;         // [features]
    const float* scale;        // [features] population standard deviation, > 0
    int32_t components;
    int32_t kind;              // of the roots, see edgewright/gaussian.h
    uint8_t shared;            // one root serves all components
    const float* means;        // [components][features], in standardised units
    const float* roots;        // [components, or 1 if shared][size of one]
    const float* offsets;      // [components] log of weight times density at the mean, less the level of `score`
    float spread;              // of what is scored, > 0
    uint8_t absolute;          // the score's sign is left out
};

// Features -> scores (1 value): -log(sum over the components of exp(offset - d^2 / 2)) / spread, d being the Mahalanobis
// distance; contributions (`features` values) that sum to the score. Scratch: 2 times `features` floats, each rounded up
// to 16 bytes.
ew_status ew_gmm(const ew_gmm_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

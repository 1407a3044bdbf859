// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_isolation_forest_tables {
    int32_t inputs;            // width of the features
    int32_t features;          // how many of them are used
    const int32_t* selected;   // [features] columns used
    int32_t tests;
    const int16_t* feature;    // [tests] of those used
    const float* threshold;    // [tests] the left child where feature <= threshold
    const int32_t* left;       // [tests] a test, or -1 - leaf
    const int32_t* right;      // [tests]
    const float* expected;     // [tests] length to be expected of a path through it, less the average
    int32_t leaves;
    const float* lengths;      // [leaves] length of a path that ends there, less the average
    int32_t trees;
    const int32_t* roots;      // [trees] a child
    float whole;               // trees times the average length
};

// Features -> score (1 value) and contributions (`features` values, which sum to the score). Scratch: `features` floats.
ew_status ew_isolation_forest(const ew_isolation_forest_tables& tables, void* state, const ew_view* in, ew_view* out,
                              ew_arena& scratch);

}  // namespace EW_NS

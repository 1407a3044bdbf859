// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

// The fields are those of `tables` in block.py's export, in that order.
struct nearest_tables {
    int32_t features;
    int32_t examples;
    const float* mean;     // [features]
    const float* inverse;  // [features], 1 / deviation
    const float* points;   // [examples][features], standardised
};

// Features -> score (1 value) and contributions (one a feature).
ew_status nearest(const nearest_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

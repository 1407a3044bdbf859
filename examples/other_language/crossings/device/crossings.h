// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

// The fields are those of `tables` in export.json, in that order.
struct crossings_tables {
    float scale;
    float hysteresis;
    float rate;  // samples a second / (length − 1)
};

// Window (length, axes), two samples at least -> features: crossings and swing of axis 0, then of axis 1, …
ew_status crossings(const crossings_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

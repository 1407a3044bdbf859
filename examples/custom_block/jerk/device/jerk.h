// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

// The fields are those of `tables` in block.py's export, in that order.
struct jerk_tables {
    float scale;  // scale-axes × samples a second
};

// Window (length, axes), two samples at least -> features: mean and largest jerk of axis 0, then of axis 1, …
ew_status jerk(const jerk_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

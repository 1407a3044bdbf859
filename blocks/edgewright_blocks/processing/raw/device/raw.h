// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_raw_tables {
    float scale;  // scale-axes
};

// Window (any shape) -> features: every value times `scale`, in the same order.
ew_status ew_raw(const ew_raw_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

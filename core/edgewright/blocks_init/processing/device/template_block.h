// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

// The fields are those of `tables` in block.py's export, in that order.
struct template_block_tables {
    float scale;   // scale-axes
    int32_t span;  // 1: with spans
};

// Window (length, axes) -> features: level and span of axis 0, then of axis 1, …
ew_status template_block(const template_block_tables& tables, void* state, const ew_view* in, ew_view* out,
                         ew_arena& scratch);

}  // namespace EW_NS

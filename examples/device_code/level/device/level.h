// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

// The fields are those of `tables` in block.py's export, in that order.
struct level_tables {
    int32_t axes;
    int32_t slices;
    int32_t slice_length;  // samples
    int32_t new_slices;    // by which a stream's next window is further on; 0: not whole slices, so nothing is kept
};

// Window (slices * slice_length, axes) -> root mean square of slice 0 by axis, then of slice 1, …
ew_status level(const level_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

// The fields are those of `tables` in block.py's export, in that order.
struct bands_tables {
    int32_t axes;
    int32_t bands;
    int32_t taps;
    const float* filters;  // [bands][taps]
};

// Window (length, axes), at least `taps` samples -> level of axis 0 in each band, then of axis 1, …
ew_status bands(const bands_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

// Bits of `statistics`, in the order of the features.
enum ew_flatten_statistic : int32_t {
    ew_flatten_average = 1,
    ew_flatten_minimum = 2,
    ew_flatten_maximum = 4,
    ew_flatten_rms = 8,
    ew_flatten_stdev = 16,
    ew_flatten_skewness = 32,
    ew_flatten_kurtosis = 64
};

struct ew_flatten_tables {
    float scale;         // scale-axes
    int32_t statistics;  // bits of ew_flatten_statistic
};

// Window (length, axes) -> features: the chosen statistics of axis 0, then of axis 1, … No scratch.
ew_status ew_flatten(const ew_flatten_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

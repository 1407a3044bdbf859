// SPDX-License-Identifier: Apache-2.0
#include "edgewright/trees.h"

namespace EW_NS {
namespace {

// Leaf that `x` reaches from `at`, or -1: the table is damaged. A walk never has more steps than there are tests.
int32_t leaf_of(const ew_forest& forest, const float* x, int32_t at) {
    for (int32_t steps = 0; at >= 0; ++steps) {
        if (at >= forest.nodes || steps >= forest.nodes) return -1;
        const int32_t feature = forest.feature[at];
        if (feature < 0 || feature >= forest.inputs) return -1;
        at = x[feature] <= forest.threshold[at] ? forest.left[at] : forest.right[at];
    }
    const int32_t leaf = -1 - at;
    return leaf < forest.leaf_count ? leaf : -1;
}

}  // namespace

ew_status ew_trees(const ew_forest& forest, const float* x, float* raw) {
    const int32_t width = forest.leaf_width;
    if (width != 1 && width != forest.outputs) return ew_bad_tables;
    for (int32_t k = 0; k < forest.outputs; ++k) raw[k] = forest.base[k];
    for (int32_t tree = 0; tree < forest.trees; ++tree) {
        const int32_t leaf = leaf_of(forest, x, forest.roots[tree]);
        if (leaf < 0) return ew_bad_tables;
        const float* const values = forest.leaves + leaf * width;
        if (width == 1) {
            const int32_t output = forest.output[tree];
            if (output < 0 || output >= forest.outputs) return ew_bad_tables;
            raw[output] += values[0];
        } else {
            for (int32_t k = 0; k < width; ++k) raw[k] += values[k];
        }
    }
    return ew_ok;
}

}  // namespace EW_NS

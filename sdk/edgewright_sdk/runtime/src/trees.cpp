// SPDX-License-Identifier: Apache-2.0
#include "edgewright/trees.h"

namespace EW_NS {
namespace {

// Told of each test on the way, and of the child that it leads to.
struct nobody {
    void operator()(int32_t, int32_t) const {}
};

// Leaf that `x` reaches from `at`, or -1: the table is damaged. A walk never has more steps than there are tests.
template <class Told>
int32_t leaf_of(const ew_forest& forest, const float* x, int32_t at, const Told& told) {
    for (int32_t steps = 0; at >= 0; ++steps) {
        if (at >= forest.nodes || steps >= forest.nodes) return -1;
        const int32_t feature = forest.feature[at];
        if (feature < 0 || feature >= forest.inputs) return -1;
        const int32_t child = x[feature] <= forest.threshold[at] ? forest.left[at] : forest.right[at];
        if (child >= forest.nodes || -1 - child >= forest.leaf_count) return -1;
        told(at, child);
        at = child;
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
        const int32_t leaf = leaf_of(forest, x, forest.roots[tree], nobody());
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

ew_status ew_tree_moves(const ew_forest& forest, const float* expected, const float* x, float* raw, float* moves) {
    if (forest.outputs != 1 || forest.leaf_width != 1) return ew_bad_tables;
    for (int32_t i = 0; i < forest.inputs; ++i) moves[i] = 0.0f;
    const auto move = [&](int32_t test, int32_t child) {
        const float value = child >= 0 ? expected[child] : forest.leaves[-1 - child];
        moves[forest.feature[test]] += value - expected[test];
    };
    raw[0] = forest.base[0];
    for (int32_t tree = 0; tree < forest.trees; ++tree) {
        const int32_t leaf = leaf_of(forest, x, forest.roots[tree], move);
        if (leaf < 0) return ew_bad_tables;
        raw[0] += forest.leaves[leaf];
    }
    return ew_ok;
}

}  // namespace EW_NS

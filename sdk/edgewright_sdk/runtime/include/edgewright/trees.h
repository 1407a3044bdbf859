// SPDX-License-Identifier: Apache-2.0
// Decision trees: forests and boosting as one table of tests.
#ifndef EDGEWRIGHT_TREES_H
#define EDGEWRIGHT_TREES_H

#include "edgewright/node.h"

namespace EW_NS {

// A test is x[feature] <= threshold; a child >= 0 is a test, below 0 the leaf -1 - child.
struct ew_forest {
    int32_t inputs;            // length of x
    int32_t nodes;
    const int16_t* feature;    // [nodes]
    const float* threshold;    // [nodes]
    const int32_t* left;       // [nodes] where the test holds
    const int32_t* right;      // [nodes]
    int32_t leaf_count;
    int32_t leaf_width;        // 1, or the number of outputs
    const float* leaves;       // [leaf_count][leaf_width]
    int32_t trees;
    const int32_t* roots;      // [trees] a child, as above
    const int32_t* output;     // [trees] what the tree adds to, where leaf_width is 1
    int32_t outputs;
    const float* base;         // [outputs]
};

// raw = base + the leaves reached, summed in the order of the trees. ew_bad_tables where the table is no forest.
ew_status ew_trees(const ew_forest& forest, const float* x, float* raw);

// The same of a forest of one value (outputs and leaf_width 1), and what each input did to it: a test moves a tree's
// value from expected[test] to that of the child, at last the leaf's, and the move is its feature's. `moves` has
// `inputs` values; with the trees' first values they sum to raw.
ew_status ew_tree_moves(const ew_forest& forest, const float* expected, const float* x, float* raw, float* moves);

}  // namespace EW_NS

#endif

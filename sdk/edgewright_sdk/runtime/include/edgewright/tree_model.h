// SPDX-License-Identifier: Apache-2.0
// The node of trees, forests and boosting.
#ifndef EDGEWRIGHT_TREE_MODEL_H
#define EDGEWRIGHT_TREE_MODEL_H

#include "edgewright/node.h"

namespace EW_NS {

// Up to `base`: edgewright/trees.h says what they are.
struct ew_tree_model_tables {
    int32_t inputs;
    int32_t nodes;
    const int16_t* feature;
    const float* threshold;
    const int32_t* left;
    const int32_t* right;
    int32_t leaf_count;
    int32_t leaf_width;
    const float* leaves;
    int32_t trees;
    const int32_t* roots;
    const int32_t* output;
    int32_t outputs;
    const float* base;
    int32_t link;             // see edgewright/link.h
    const float* slopes;      // unused by the links of trees
    const float* offsets;
    int32_t classes;          // 0: a number
    int32_t known;            // classes that were in the training data
    const int32_t* columns;   // [known] which they are
};

// Features -> probabilities (`classes` values), or scores (1 value). Scratch: `outputs` and `known` floats.
ew_status ew_tree_model(const ew_tree_model_tables& tables, void* state, const ew_view* in, ew_view* out,
                        ew_arena& scratch);

}  // namespace EW_NS

#endif

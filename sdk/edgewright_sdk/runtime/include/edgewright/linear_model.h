// SPDX-License-Identifier: Apache-2.0
// The node of linear models.
#ifndef EDGEWRIGHT_LINEAR_MODEL_H
#define EDGEWRIGHT_LINEAR_MODEL_H

#include "edgewright/node.h"

namespace EW_NS {

struct ew_linear_model_tables {
    int32_t inputs;           // length of the feature vector
    int32_t chosen;           // how many of them are used, standardised; 0: all of them, as they are
    const int32_t* selected;  // [chosen] their columns
    const float* mean;        // [chosen]
    const float* scale;       // [chosen] > 0
    int32_t outputs;          // weighted sums
    const float* weights;     // [outputs][chosen, or inputs]
    const float* bias;        // [outputs]
    int32_t link;             // see edgewright/link.h
    const float* slopes;      // one a sum where the link couples pairs
    const float* offsets;     // the same
    int32_t classes;          // 0: a number
    int32_t known;            // classes that were in the training data
    const int32_t* columns;   // [known] which they are
};

// Features -> probabilities (`classes` values), or scores (1 value). Scratch: `chosen`, `outputs`, `known` and, where the
// link couples pairs, known (known + 1) floats.
ew_status ew_linear_model(const ew_linear_model_tables& tables, void* state, const ew_view* in, ew_view* out,
                          ew_arena& scratch);

}  // namespace EW_NS

#endif

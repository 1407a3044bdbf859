// SPDX-License-Identifier: Apache-2.0
// The node of small networks that classify or give a number.
#ifndef EDGEWRIGHT_LAYERS_MODEL_H
#define EDGEWRIGHT_LAYERS_MODEL_H

#include "edgewright/node.h"

namespace EW_NS {

struct ew_layers_model_tables {
    int32_t inputs;           // length of the feature vector
    int32_t chosen;           // how many of them are used, standardised
    const int32_t* selected;  // [chosen] their columns
    const float* mean;        // [chosen]
    const float* scale;       // [chosen] > 0
    int32_t layers;
    const int32_t* table;     // [layers][6] see edgewright/layers.h
    const float* weights;
    const float* bias;
    int32_t widest;
    int32_t outputs;          // raw outputs, of the last layer
    int32_t link;             // see edgewright/link.h
    const float* slopes;      // none
    const float* offsets;     // none
    int32_t classes;          // 0: a number
    int32_t known;
    const int32_t* columns;   // [known]
};

// Features -> probabilities (`classes` values), or scores (1 value). Scratch: `chosen`, 2 `widest` and `known` floats.
ew_status ew_layers_model(const ew_layers_model_tables& tables, void* state, const ew_view* in, ew_view* out,
                          ew_arena& scratch);

}  // namespace EW_NS

#endif

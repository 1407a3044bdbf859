// SPDX-License-Identifier: Apache-2.0
// The node of a compiled network in int8. Its input and output are float32.
#ifndef EDGEWRIGHT_NETWORK_MODEL_INT8_H
#define EDGEWRIGHT_NETWORK_MODEL_INT8_H

#include "edgewright/node.h"

namespace EW_NS {

struct ew_network_model_int8_tables {
    int32_t inputs;           // length of the feature vector
    int32_t chosen;           // values that the network takes
    const int32_t* selected;  // [chosen] which feature each of them is
    int32_t length;
    const int32_t* calls;     // [length] see edgewright/network.h
    int32_t weight_count;
    const float* weights;     // [weight_count]
    int32_t weight8_count;
    const int8_t* weights8;
    int32_t weight32_count;
    const int32_t* weights32;
    int32_t arena;            // bytes
    int32_t first;            // byte of the arena at which the network's input lies
    int32_t last;             // and its output
    int32_t outputs;          // how many values that has
    float inverse;            // steps per unit of the input's grid; 0 where the network takes float32
    int32_t zero;             // and its zero
};

// Features -> what the network gives (`outputs` values). Scratch: `arena` bytes.
ew_status ew_network_model_int8(const ew_network_model_int8_tables& tables, void* state, const ew_view* in,
                                ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

#endif

// SPDX-License-Identifier: Apache-2.0
// Small networks: dense layers, convolutions over time, pooling.
#ifndef EDGEWRIGHT_LAYERS_H
#define EDGEWRIGHT_LAYERS_H

#include "edgewright/node.h"

namespace EW_NS {

enum ew_layer_kind : int32_t {
    ew_layer_dense = 0,        // all values of a window to one row of outputs
    ew_layer_convolution = 1,  // over time, windows of `kernel` rows, as long as before: zeros beyond the ends
    ew_layer_pool = 2,         // the larger of two rows after another; a last odd one is dropped
    ew_layer_mean = 3          // over time
};

// What goes in is [length][inputs], what comes out has `outputs` columns.
struct ew_layer {
    int32_t kind;
    int32_t length;
    int32_t inputs;
    int32_t outputs;
    int32_t kernel;  // rows of a convolution, odd
    int32_t relu;    // 1: nothing below zero comes out
};

struct ew_network {
    int32_t layers;
    const int32_t* table;  // [layers][6] an ew_layer a row
    const float* weights;  // of all layers one after another, a row an output
    const float* bias;     // the same
    int32_t widest;        // values of the largest window between two layers
};

// Values that one run needs of the arena: two windows.
inline int32_t ew_network_scratch(const ew_network& network) { return 2 * network.widest; }

// Run a network on a window of `inputs` values. `result` points into `buffers` (ew_network_scratch floats), `count` is
// its length. ew_bad_tables where the layers don't fit each other or `widest`.
ew_status ew_run_network(const ew_network& network, const float* x, int32_t inputs, float* buffers,
                         const float** result, int32_t* count);

}  // namespace EW_NS

#endif

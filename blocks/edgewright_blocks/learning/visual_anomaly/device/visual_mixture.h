// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_visual_mixture_tables {
    int32_t height, width, channels;  // of an image; 1 or 3 channels
    int32_t length;
    const int32_t* calls;  // [length] the backbone, see edgewright/network.h
    int32_t weight_count;
    const float* weights;  // [weight_count]
    int32_t weight8_count;
    const int8_t* weights8;
    int32_t weight32_count;
    const int32_t* weights32;
    int32_t arena;            // bytes
    int32_t first;            // byte of the arena at which the backbone's input lies: [height][width][3] floats
    int32_t layers;
    const int32_t* outputs;   // [layers][4] byte of the arena, height, width, channels: maps, channels last
    int32_t rows, columns;    // the grid that all layers are brought to
    int32_t features;         // of a cell: channels of all layers
    int32_t min_cells;        // the score is the so many-th largest of the map
    int32_t size;             // of a projected cell
    const float* projection;  // [size][features]
    const float* offset;      // [size]
    int32_t components;
    const float* constants;   // [components] logarithm of weight times density at the mean
    const float* means;       // [components][size]
    const float* roots;       // [components][size (size + 1) / 2] lower triangles of symmetric roots of the precisions
    float level, spread;      // a score counts from `level` in units of `spread`
};

// Image (uint8) -> scores (1 value, the `min_cells`-th largest of the map) and map: cells are projected and averaged over 3 x 3 at every
// second one, g = (rows - 3) / 2 + 1 down and as many across; each scores its negative log-likelihood.
// Scratch: `arena` bytes, `features` floats, g * g' * `size` floats and twice `size`, each rounded up to 16 bytes.
ew_status ew_visual_mixture(const ew_visual_mixture_tables& tables, void* state, const ew_view* in, ew_view* out,
                            ew_arena& scratch);

}  // namespace EW_NS

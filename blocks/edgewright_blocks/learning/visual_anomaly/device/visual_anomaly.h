// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_visual_anomaly_tables {
    int32_t height, width, channels;  // of an image; 1 or 3 channels
    int32_t length;
    const int32_t* calls;  // [length] the backbone, see edgewright/network.h
    int32_t weight_count;
    const float* weights;  // [weight_count]
    int32_t weight8_count;
    const int8_t* weights8;
    int32_t weight32_count;
    const int32_t* weights32;
    int32_t arena;           // bytes
    int32_t first;           // byte of the arena at which the backbone's input lies: [height][width][3] floats
    int32_t layers;
    const int32_t* outputs;  // [layers][4] byte of the arena, height, width, channels: maps, channels last
    int32_t rows, columns;   // the grid that all layers are brought to
    int32_t features;        // of a cell: channels of all layers
    int32_t min_cells;       // the score is the so many-th largest of the map
    int32_t kept;            // the memory bank, see edgewright/nearest.h; of cells and steps one is empty
    int32_t stepped;         // 1: in int8
    const float* cells;      // [kept][features]
    const int8_t* steps;     // [kept][features]
    const float* scale;      // [features]
    const float* offset;     // [features]
    int32_t leading;
    const float* middle;
    const float* directions;
    const float* shifts;
    const float* panels;
    const float* squares;
    float largest;
    int32_t together;        // cells that are compared with the bank at once
    int32_t neighbours;
    const int32_t* support;  // [kept][neighbours] kept cells around each, itself first
    int32_t smoothing;       // 1: of each cell 6/8 and 1/8 of the ones beside it, down and across
};

// Image (uint8) -> scores (1 value, the `min_cells`-th largest of the map) and map (rows x columns): of each cell the distance to the
// nearest kept one, times 1 - exp(distance) / sum of exp(distance to each of that one's neighbours); smoothed where asked for.
// Scratch: `arena` bytes, `together` * `features` floats, `together` int32 and ew_nearest_scratch floats, each rounded up to
// 16 bytes.
ew_status ew_visual_anomaly(const ew_visual_anomaly_tables& tables, void* state, const ew_view* in, ew_view* out,
                            ew_arena& scratch);

}  // namespace EW_NS

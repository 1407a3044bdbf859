// SPDX-License-Identifier: Apache-2.0
// Images in cells: what the layers of a backbone, maps of different fineness, see at each place of one grid.
#ifndef EDGEWRIGHT_CELLS_H
#define EDGEWRIGHT_CELLS_H

#include "edgewright/network.h"

namespace EW_NS {

// The layers of a backbone that has run, and the grid that they are brought to.
struct ew_layers {
    int32_t count;
    const int32_t* maps;    // [count][4] byte of the arena, height, width, channels: channels last
    int32_t rows, columns;  // of the grid
    int32_t features;       // of a cell: channels of all layers
};

// Whether sizes are positive and channels add up.
bool ew_layers_fit(const ew_layers& layers);

// True for a uint8 image of exactly this size.
inline bool ew_is_image(const ew_view& view, int32_t height, int32_t width, int32_t channels) {
    return view.data != nullptr && view.dtype == ew_uint8 && view.rank == 3 && view.shape[0] == height &&
           view.shape[1] == width && view.shape[2] == channels;
}

// Write an image (uint8, 1 or 3 channels) as [height][width][3] floats to byte `first` of the arena; a grey one three times.
bool ew_show(const ew_program& program, int32_t first, const ew_view& image);

// cell[features] = what all layers see at a place of the grid, side by side; between the middles of a coarser map's cells in
// straight lines.
bool ew_see(const ew_program& program, const ew_layers& layers, int32_t row, int32_t column, float* cell);

}  // namespace EW_NS

#endif

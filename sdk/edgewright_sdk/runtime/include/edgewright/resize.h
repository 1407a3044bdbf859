// SPDX-License-Identifier: Apache-2.0
// Pictures of any size, brought to one: the same integers as in Python, so the same bytes.
#ifndef EDGEWRIGHT_RESIZE_H
#define EDGEWRIGHT_RESIZE_H

#include "edgewright/pixels.h"

namespace EW_NS {

enum ew_fit : int32_t {
    ew_squash = 0,        // proportions change
    ew_fit_shortest = 1,  // the middle is cut out
    ew_fit_longest = 2    // the whole picture in the middle, 0 beside it
};

constexpr size_t ew_whole_pieces(size_t bytes) { return (bytes + ew_alignment - 1) / ew_alignment * ew_alignment; }

// Memory that ew_resize needs: a row of uint8 and a row of uint32.
constexpr size_t ew_resize_scratch_bytes(int32_t width, int32_t channels) {
    return ew_whole_pieces(static_cast<size_t>(width) * static_cast<size_t>(channels)) +
           ew_whole_pieces(static_cast<size_t>(width) * static_cast<size_t>(channels) * sizeof(uint32_t));
}

// Bring `source` to `out` [height][width][channels], channels 3 (RGB) or 1 (grey). All memory of `scratch` is free again
// afterwards. Source and `out` must not overlap.
ew_status ew_resize(const ew_pixels& source, ew_fit fit, uint8_t* out, int32_t width, int32_t height, int32_t channels,
                    ew_arena scratch);

}  // namespace EW_NS

#endif

// SPDX-License-Identifier: Apache-2.0
// A part of an image by itself: a node over the map of another one.
#ifndef EDGEWRIGHT_REGION_H
#define EDGEWRIGHT_REGION_H

#include "edgewright/node.h"

namespace EW_NS {

struct ew_region_tables {
    int32_t places;  // cells of the map
    int32_t count;
    const int32_t* cells;  // [count] those in the region
    int32_t min_cells;     // so many of them must be above a threshold
};

// Map (`places` floats) -> scores (1 value, the `min_cells`-th largest of the region's cells).
ew_status ew_region(const ew_region_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS

#endif

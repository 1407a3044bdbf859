// SPDX-License-Identifier: Apache-2.0
#include "edgewright/region.h"

#include "edgewright/order.h"

namespace EW_NS {

ew_status ew_region(const ew_region_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    if (tables.min_cells < 1 || tables.min_cells > tables.count) return ew_bad_tables;
    for (int32_t i = 0; i < tables.count; ++i) {
        if (tables.cells[i] < 0 || tables.cells[i] >= tables.places) return ew_bad_tables;
    }
    if (!ew_is_floats(in[0], tables.places) || !ew_is_floats(out[0], 1)) return ew_bad_shape;
    ew_floats(out[0])[0] = ew_nth_largest(ew_floats(in[0]), tables.cells, tables.count, tables.min_cells);
    return ew_ok;
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "crossings.h"

#include "kernel.h"

namespace EW_NS {

ew_status crossings(const crossings_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    if (in[0].rank != 2 || in[0].shape[0] < 2) return ew_bad_shape;
    const int32_t length = in[0].shape[0];
    const int32_t axes = in[0].shape[1];
    if (!ew_is_floats(in[0], length * axes) || !ew_is_floats(out[0], 2 * axes)) return ew_bad_shape;
    for (int32_t axis = 0; axis < axes; ++axis)
        crossings_of_axis(ew_floats(in[0]), length, axes, axis, tables.scale, tables.hysteresis, tables.rate,
                          ew_floats(out[0]) + 2 * axis);
    return ew_ok;
}

}  // namespace EW_NS

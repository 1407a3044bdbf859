// SPDX-License-Identifier: Apache-2.0
#include "flatten.h"

#include "edgewright/statistics.h"

namespace EW_NS {

ew_status ew_flatten(const ew_flatten_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    if (in[0].rank != 2 || in[0].shape[0] < 1) return ew_bad_shape;
    const int32_t length = in[0].shape[0];
    const int32_t axes = in[0].shape[1];
    int32_t chosen = 0;
    for (int32_t bit = ew_flatten_average; bit <= ew_flatten_kurtosis; bit *= 2) {
        if ((tables.statistics & bit) != 0) ++chosen;
    }
    if (!ew_is_floats(in[0], length * axes) || !ew_is_floats(out[0], chosen * axes)) return ew_bad_shape;
    const float* const window = ew_floats(in[0]);
    float* feature = ew_floats(out[0]);
    const float size = tables.scale < 0.0f ? -tables.scale : tables.scale;
    for (int32_t axis = 0; axis < axes; ++axis) {
        const ew_moments m = ew_statistics(window + axis, length, axes);
        // Scaling a window scales its statistics; a negative factor swaps the extremes and mirrors the skewness.
        const bool mirrored = tables.scale < 0.0f;
        const float minimum = mirrored ? m.maximum : m.minimum;
        const float maximum = mirrored ? m.minimum : m.maximum;
        const float shape = size > 0.0f ? 1.0f : 0.0f;  // scaled by 0 the axis is constant
        const float values[7] = {m.mean * tables.scale,
                                 minimum * tables.scale,
                                 maximum * tables.scale,
                                 m.rms * size,
                                 m.stdev * size,
                                 (mirrored ? -m.skewness : m.skewness) * shape,
                                 m.kurtosis * shape};
        for (int32_t i = 0; i < 7; ++i) {
            if ((tables.statistics & (1 << i)) != 0) *feature++ = values[i];
        }
    }
    return ew_ok;
}

}  // namespace EW_NS

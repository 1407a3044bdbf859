// SPDX-License-Identifier: Apache-2.0
#include "jerk.h"

namespace EW_NS {

ew_status jerk(const jerk_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    if (in[0].rank != 2 || in[0].shape[0] < 2) return ew_bad_shape;
    const int32_t length = in[0].shape[0];
    const int32_t axes = in[0].shape[1];
    if (!ew_is_floats(in[0], length * axes) || !ew_is_floats(out[0], 2 * axes)) return ew_bad_shape;

    const float* const window = ew_floats(in[0]);
    float* feature = ew_floats(out[0]);
    for (int32_t axis = 0; axis < axes; ++axis) {
        float sum = 0.0f;
        float largest = 0.0f;
        for (int32_t i = 1; i < length; ++i) {
            const float change = (window[i * axes + axis] - window[(i - 1) * axes + axis]) * tables.scale;
            const float size = change < 0.0f ? -change : change;
            sum += size;
            if (size > largest) largest = size;
        }
        *feature++ = sum / static_cast<float>(length - 1);
        *feature++ = largest;
    }
    return ew_ok;
}

}  // namespace EW_NS

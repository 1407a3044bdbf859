// SPDX-License-Identifier: Apache-2.0
#include "template_block.h"

namespace EW_NS {

ew_status template_block(const template_block_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    if (in[0].rank != 2 || in[0].shape[0] < 1) return ew_bad_shape;
    const int32_t length = in[0].shape[0];
    const int32_t axes = in[0].shape[1];
    const int32_t features = axes * (tables.span != 0 ? 2 : 1);
    if (!ew_is_floats(in[0], length * axes) || !ew_is_floats(out[0], features)) return ew_bad_shape;

    const float* const window = ew_floats(in[0]);
    float* feature = ew_floats(out[0]);
    for (int32_t axis = 0; axis < axes; ++axis) {
        float smallest = window[axis] * tables.scale;
        float largest = smallest;
        float sum = 0.0f;
        for (int32_t i = 0; i < length; ++i) {
            const float sample = window[i * axes + axis] * tables.scale;
            sum += sample < 0.0f ? -sample : sample;
            if (sample < smallest) smallest = sample;
            if (sample > largest) largest = sample;
        }
        *feature++ = sum / static_cast<float>(length);
        if (tables.span != 0) *feature++ = largest - smallest;
    }
    return ew_ok;
}

}  // namespace EW_NS

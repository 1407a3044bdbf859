// SPDX-License-Identifier: Apache-2.0
#include "level.h"

#include "edgewright/scalar.h"

namespace EW_NS {

namespace {

// What a stream keeps: `export` asks for as many bytes. Zero before the first window, and after one that was left out.
struct level_state {
    int32_t filled;
    float levels[1];  // really slices * axes: the features of the window before
};

}  // namespace

ew_status level(const level_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena&) {
    const int32_t axes = tables.axes;
    const int32_t count = tables.slices * axes;
    if (axes < 1 || tables.slices < 1 || tables.slice_length < 1) return ew_bad_tables;
    if (tables.new_slices < 0 || tables.new_slices > tables.slices) return ew_bad_tables;
    if (!ew_is_floats(in[0], count * tables.slice_length) || !ew_is_floats(out[0], count)) return ew_bad_shape;

    const float* const window = ew_floats(in[0]);
    float* const levels = ew_floats(out[0]);
    level_state* const kept = tables.new_slices > 0 ? static_cast<level_state*>(state) : nullptr;
    int32_t first = 0;
    if (kept != nullptr && kept->filled != 0) {
        first = tables.slices - tables.new_slices;
        memcpy(levels, kept->levels + tables.new_slices * axes, sizeof(float) * static_cast<size_t>(first * axes));
    }
    for (int32_t slice = first; slice < tables.slices; ++slice) {
        const float* const samples = window + slice * tables.slice_length * axes;
        for (int32_t axis = 0; axis < axes; ++axis) {
            float power = 0.0f;
            for (int32_t i = 0; i < tables.slice_length; ++i) {
                const float value = samples[i * axes + axis];
                power += value * value;
            }
            levels[slice * axes + axis] = sqrtf(power / static_cast<float>(tables.slice_length));
        }
    }
    if (kept != nullptr) {
        memcpy(kept->levels, levels, sizeof(float) * static_cast<size_t>(count));
        kept->filled = 1;
    }
    return ew_ok;
}

}  // namespace EW_NS

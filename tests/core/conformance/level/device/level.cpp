#include "level.h"

namespace EW_NS {

ew_status level(const level_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    if (in[0].rank != 2 || in[0].shape[0] < 1) return ew_bad_shape;
    const int32_t length = in[0].shape[0];
    const int32_t axes = in[0].shape[1];
    if (!ew_is_floats(in[0], length * axes) || !ew_is_floats(out[0], axes)) return ew_bad_shape;
    const float* const window = ew_floats(in[0]);
    for (int32_t axis = 0; axis < axes; ++axis) {
        float sum = 0.0f;
        float peak = 0.0f;
        for (int32_t i = 0; i < length; ++i) {
            const float sample = window[i * axes + axis] * tables.gain;
            const float size = sample < 0.0f ? -sample : sample;
            float raised = size;
            for (int32_t times = 1; times < tables.power; ++times) raised *= size;
            sum += raised;
            if (size > peak) peak = size;
        }
        ew_floats(out[0])[axis] = tables.peak != 0 ? peak : sum / static_cast<float>(length);
    }
    return ew_ok;
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "bands.h"

#include "edgewright/scalar.h"

namespace EW_NS {

ew_status bands(const bands_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    const int32_t axes = tables.axes;
    if (axes < 1 || tables.bands < 1 || tables.taps < 1 || tables.filters == nullptr) return ew_bad_tables;
    if (in[0].rank != 2 || in[0].shape[0] < tables.taps || in[0].shape[1] != axes) return ew_bad_shape;
    if (!ew_is_floats(in[0], in[0].shape[0] * axes) || !ew_is_floats(out[0], axes * tables.bands)) return ew_bad_shape;

    const int32_t places = in[0].shape[0] - tables.taps + 1;
    float* level = ew_floats(out[0]);
    for (int32_t axis = 0; axis < axes; ++axis) {
        const float* const signal = ew_floats(in[0]) + axis;
        for (int32_t band = 0; band < tables.bands; ++band) {
            const float* const filter = tables.filters + band * tables.taps;
            float power = 0.0f;
            for (int32_t place = 0; place < places; ++place) {
                float sum = 0.0f;
                for (int32_t tap = 0; tap < tables.taps; ++tap) sum += filter[tap] * signal[(place + tap) * axes];
                power += sum * sum;
            }
            *level++ = sqrtf(power / static_cast<float>(places));
        }
    }
    return ew_ok;
}

}  // namespace EW_NS

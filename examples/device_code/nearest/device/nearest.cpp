// SPDX-License-Identifier: Apache-2.0
#include "nearest.h"

#include "edgewright/scalar.h"
#include "edgewright/vector.h"

namespace EW_NS {

ew_status nearest(const nearest_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena& scratch) {
    const int32_t count = tables.features;
    if (count < 1 || tables.examples < 1) return ew_bad_tables;
    if (!ew_is_floats(in[0], count) || !ew_is_floats(out[0], 1) || !ew_is_floats(out[1], count)) return ew_bad_shape;
    float* const point = ew_take<float>(scratch, count);
    if (point == nullptr) return ew_no_memory;

    const float* const features = ew_floats(in[0]);
    for (int32_t i = 0; i < count; ++i) point[i] = (features[i] - tables.mean[i]) * tables.inverse[i];
    const float* best = tables.points;
    float smallest = ew_squared_distance(point, best, count);
    for (int32_t example = 1; example < tables.examples; ++example) {
        const float* const candidate = tables.points + example * count;
        const float distance = ew_squared_distance(point, candidate, count);
        if (distance < smallest) {
            smallest = distance;
            best = candidate;
        }
    }
    const float score = sqrtf(smallest);
    const float share = smallest > 0.0f ? score / smallest : 0.0f;
    float* const contributions = ew_floats(out[1]);
    for (int32_t i = 0; i < count; ++i) contributions[i] = (point[i] - best[i]) * (point[i] - best[i]) * share;
    ew_floats(out[0])[0] = score;
    return ew_ok;
}

}  // namespace EW_NS

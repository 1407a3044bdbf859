// SPDX-License-Identifier: Apache-2.0
#include "kmeans.h"

#include "edgewright/scalar.h"
#include "edgewright/standardise.h"
#include "edgewright/vector.h"

namespace EW_NS {

ew_status ew_kmeans(const ew_kmeans_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena& scratch) {
    const int32_t count = tables.features;
    if (tables.clusters < 1 || count < 1) return ew_bad_tables;
    if (!ew_is_floats(in[0], tables.inputs) || !ew_is_floats(out[0], 1) || !ew_is_floats(out[1], count)) {
        return ew_bad_shape;
    }
    float* const z = ew_take<float>(scratch, count);
    if (z == nullptr) return ew_no_memory;
    ew_standardise(ew_floats(in[0]), tables.selected, tables.mean, tables.scale, count, z);

    int32_t nearest = 0;
    float distance = 0.0f;
    float score = 0.0f;
    for (int32_t c = 0; c < tables.clusters; ++c) {
        const float d = ew_sqrt(ew_squared_distance(z, tables.centroids + c * count, count));
        const float edge = d - tables.radii[c];
        if (c == 0 || edge < score) {
            nearest = c;
            distance = d;
            score = edge;
        }
    }
    ew_floats(out[0])[0] = score;

    // Each feature's share of the distance by squares, less an equal share of the radius: they sum to the score.
    float* const contributions = ew_floats(out[1]);
    const float* const centroid = tables.centroids + nearest * count;
    const float radius_share = tables.radii[nearest] / static_cast<float>(count);
    for (int32_t i = 0; i < count; ++i) {
        const float d = z[i] - centroid[i];
        contributions[i] = (distance > 0.0f ? d * (d / distance) : 0.0f) - radius_share;
    }
    return ew_ok;
}

}  // namespace EW_NS

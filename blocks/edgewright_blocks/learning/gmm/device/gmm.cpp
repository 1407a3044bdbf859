// SPDX-License-Identifier: Apache-2.0
#include "gmm.h"

#include "edgewright/gaussian.h"
#include "edgewright/scalar.h"
#include "edgewright/standardise.h"

namespace EW_NS {
namespace {

// Squared Mahalanobis distance from component k; `whitened` is the way from it in units of its spread.
float distance(const ew_gmm_tables& tables, int32_t k, const float* z, int32_t step, float* delta, float* whitened) {
    const int32_t count = tables.features;
    for (int32_t i = 0; i < count; ++i) delta[i] = z[i] - tables.means[k * count + i];
    return ew_whiten(tables.kind, tables.roots + k * step, delta, count, whitened);
}

}  // namespace

ew_status ew_gmm(const ew_gmm_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena& scratch) {
    const int32_t count = tables.features;
    const int32_t size = ew_root_size(tables.kind, count);
    if (tables.components < 1 || count < 1 || size < 1) return ew_bad_tables;
    if (!ew_is_floats(in[0], tables.inputs) || !ew_is_floats(out[0], 1) || !ew_is_floats(out[1], count)) {
        return ew_bad_shape;
    }
    float* const z = ew_take<float>(scratch, count);
    float* const delta = ew_take<float>(scratch, count);
    float* const whitened = ew_floats(out[1]);
    if (z == nullptr || delta == nullptr) return ew_no_memory;
    ew_standardise(ew_floats(in[0]), tables.selected, tables.mean, tables.scale, count, z);

    int32_t likeliest = 0;
    float squared = 0.0f;
    ew_log_sum likelihood = {0.0f, 0.0f};
    const int32_t step = tables.shared ? 0 : size;
    for (int32_t k = 0; k < tables.components; ++k) {
        const float d2 = distance(tables, k, z, step, delta, whitened);
        const float term = tables.offsets[k] - 0.5f * d2;
        if (k == 0 || term > likelihood.top) {
            likeliest = k;
            squared = d2;
        }
        if (k == 0) {
            likelihood = ew_log_sum_of(term);
        } else {
            ew_log_sum_add(likelihood, term);
        }
    }
    const float half = 0.5f / tables.spread;
    const float rest = -(tables.offsets[likeliest] + logf(likelihood.sum)) / tables.spread;
    const float score = half * squared + rest;
    const bool turned = tables.absolute && score < 0.0f;
    ew_floats(out[0])[0] = turned ? -score : score;

    // Half the squared distance from the likeliest component by axis, and an equal share of the rest.
    distance(tables, likeliest, z, step, delta, whitened);
    for (int32_t i = 0; i < count; ++i) {
        const float share = half * whitened[i] * whitened[i] + rest / static_cast<float>(count);
        whitened[i] = turned ? -share : share;
    }
    return ew_ok;
}

}  // namespace EW_NS

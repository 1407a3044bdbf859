// SPDX-License-Identifier: Apache-2.0
#include "gmm.h"

#include "edgewright/gaussian.h"
#include "edgewright/scalar.h"
#include "edgewright/standardise.h"

namespace EW_NS {

ew_status ew_gmm(const ew_gmm_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena& scratch) {
    const int32_t count = tables.features;
    const int32_t size = ew_factor_size(tables.kind, count);
    if (tables.components < 1 || count < 1 || size < 1) return ew_bad_tables;
    if (!ew_is_floats(in[0], tables.inputs) || !ew_is_floats(out[0], 1) || !ew_is_floats(out[1], count)) {
        return ew_bad_shape;
    }
    float* const z = ew_take<float>(scratch, count);
    float* const delta = ew_take<float>(scratch, count);
    float* const whitened = ew_take<float>(scratch, count);
    if (z == nullptr || delta == nullptr || whitened == nullptr) return ew_no_memory;
    ew_standardise(ew_floats(in[0]), tables.selected, tables.mean, tables.scale, count, z);

    int32_t likeliest = 0;
    float squared = 0.0f;
    ew_log_sum likelihood = {0.0f, 0.0f};
    const int32_t step = tables.shared ? 0 : size;
    for (int32_t k = 0; k < tables.components; ++k) {
        for (int32_t i = 0; i < count; ++i) delta[i] = z[i] - tables.means[k * count + i];
        const float d2 = ew_whiten(tables.kind, tables.factors + k * step, delta, count, whitened);
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
    float* const pull = ew_floats(out[1]);
    const float* const factor = tables.factors + likeliest * step;
    for (int32_t i = 0; i < count; ++i) delta[i] = z[i] - tables.means[likeliest * count + i];
    ew_whiten(tables.kind, factor, delta, count, whitened);
    ew_pull(tables.kind, factor, whitened, count, pull);
    for (int32_t i = 0; i < count; ++i) {
        const float share = half * delta[i] * pull[i] + rest / static_cast<float>(count);
        pull[i] = turned ? -share : share;
    }
    return ew_ok;
}

}  // namespace EW_NS

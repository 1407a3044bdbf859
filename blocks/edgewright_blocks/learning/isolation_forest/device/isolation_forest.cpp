// SPDX-License-Identifier: Apache-2.0
#include "isolation_forest.h"

#include "edgewright/scalar.h"
#include "edgewright/trees.h"

namespace EW_NS {
namespace {

constexpr float ln2 = 0.693147181f;

// (e^u - 1) / u, whose subtraction loses digits near 0.
float secant(float u) {
    if (u > 0.1f || u < -0.1f) return (expf(u) - 1.0f) / u;
    return 1.0f + u * (1.0f / 2 + u * (1.0f / 6 + u * (1.0f / 24 + u * (1.0f / 120))));
}

}  // namespace

ew_status ew_isolation_forest(const ew_isolation_forest_tables& tables, void*, const ew_view* in, ew_view* out,
                              ew_arena& scratch) {
    const int32_t count = tables.features;
    if (count < 1 || tables.trees < 1 || !(tables.whole > 0.0f)) return ew_bad_tables;
    if (!ew_is_floats(in[0], tables.inputs) || !ew_is_floats(out[0], 1) || !ew_is_floats(out[1], count)) {
        return ew_bad_shape;
    }
    float* const x = ew_take<float>(scratch, count);
    if (x == nullptr) return ew_no_memory;
    const float* const features = ew_floats(in[0]);
    for (int32_t i = 0; i < count; ++i) x[i] = features[tables.selected[i]];

    const float base = 0.0f;
    const ew_forest forest = {count,         tables.tests,  tables.feature, tables.threshold, tables.left,
                              tables.right,  tables.leaves, 1,              tables.lengths,   tables.trees,
                              tables.roots,  nullptr,       1,              &base};
    float total = 0.0f;
    float* const contributions = ew_floats(out[1]);
    const ew_status status = ew_tree_moves(forest, tables.expected, x, &total, contributions);
    if (status != ew_ok) return status;

    const float u = -ln2 * (total / tables.whole);
    ew_floats(out[0])[0] = 0.5f * expf(u);
    // The score's way from 1/2, by the secant: what each feature moved the sum of lengths. They sum to the score.
    const float slope = -0.5f * ln2 * secant(u) / tables.whole;
    const float share = 0.5f / static_cast<float>(count);
    for (int32_t i = 0; i < count; ++i) contributions[i] = share + slope * contributions[i];
    return ew_ok;
}

}  // namespace EW_NS

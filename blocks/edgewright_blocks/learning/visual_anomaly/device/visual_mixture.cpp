// SPDX-License-Identifier: Apache-2.0
#include "visual_mixture.h"

#include "edgewright/cells.h"
#include "edgewright/gaussian.h"
#include "edgewright/network_feed.h"
#include "edgewright/order.h"
#include "edgewright/scalar.h"
#include "edgewright/vector.h"

namespace EW_NS {
namespace {

using Tables = ew_visual_mixture_tables;

constexpr int32_t pool = 3;
constexpr int32_t stride = 2;

int32_t pooled(int32_t size) { return (size - pool) / stride + 1; }

// Add a share of the cell at (row, column) to all places whose 3 x 3 cells hold it.
void add(const Tables& tables, const float* cell, int32_t row, int32_t column, float* grid) {
    const int32_t down = pooled(tables.rows);
    const int32_t across = pooled(tables.columns);
    for (int32_t k = 0; k < tables.size; ++k) {
        const float share =
            (ew_dot(cell, tables.projection + k * tables.features, tables.features) + tables.offset[k]) /
            static_cast<float>(pool * pool);
        for (int32_t i = row < pool ? 0 : (row - pool) / stride + 1; i < down && i * stride <= row; ++i) {
            for (int32_t j = column < pool ? 0 : (column - pool) / stride + 1; j < across && j * stride <= column; ++j) {
                if (row - i * stride < pool && column - j * stride < pool) {
                    grid[(i * across + j) * tables.size + k] += share;
                }
            }
        }
    }
}

float score_of(const Tables& tables, const float* z, float* delta, float* whitened) {
    const int32_t size = tables.size;
    ew_log_sum likelihood = {0.0f, 0.0f};
    for (int32_t c = 0; c < tables.components; ++c) {
        for (int32_t i = 0; i < size; ++i) delta[i] = z[i] - tables.means[c * size + i];
        const float* const root = tables.roots + c * (size * (size + 1) / 2);
        const float term = tables.constants[c] - 0.5f * ew_whiten(ew_root_triangle, root, delta, size, whitened);
        if (c == 0) {
            likelihood = ew_log_sum_of(term);
        } else {
            ew_log_sum_add(likelihood, term);
        }
    }
    return (-(likelihood.top + logf(likelihood.sum)) - tables.level) / tables.spread;
}

}  // namespace

ew_status ew_visual_mixture(const ew_visual_mixture_tables& tables, void*, const ew_view* in, ew_view* out,
                            ew_arena& scratch) {
    const ew_layers layers = {tables.layers, tables.outputs, tables.rows, tables.columns, tables.features};
    if (!ew_layers_fit(layers) || tables.rows < pool || tables.columns < pool) return ew_bad_tables;
    if (tables.size < 1 || tables.components < 1) return ew_bad_tables;
    const int32_t places = pooled(tables.rows) * pooled(tables.columns);
    if (tables.min_cells < 1 || tables.min_cells > places) return ew_bad_tables;
    if (!ew_is_image(in[0], tables.height, tables.width, tables.channels)) return ew_bad_shape;
    if (!ew_is_floats(out[0], 1) || !ew_is_floats(out[1], places)) return ew_bad_shape;
    const ew_program program = ew_program_of(tables, scratch);
    float* const cell = ew_take<float>(scratch, tables.features);
    float* const grid = ew_take<float>(scratch, places * tables.size);
    float* const delta = ew_take<float>(scratch, tables.size);
    float* const whitened = ew_take<float>(scratch, tables.size);
    if (program.arena == nullptr || whitened == nullptr || cell == nullptr || grid == nullptr || delta == nullptr) {
        return ew_no_memory;
    }
    if (!ew_show(program, tables.first, in[0])) return ew_bad_tables;
    const ew_status status = ew_run_program(program);
    if (status != ew_ok) return status;

    for (int32_t i = 0; i < places * tables.size; ++i) grid[i] = 0.0f;
    for (int32_t row = 0; row < tables.rows; ++row) {
        for (int32_t column = 0; column < tables.columns; ++column) {
            if (!ew_see(program, layers, row, column, cell)) return ew_bad_tables;
            add(tables, cell, row, column, grid);
        }
    }
    float* const map = ew_floats(out[1]);
    for (int32_t i = 0; i < places; ++i) map[i] = score_of(tables, grid + i * tables.size, delta, whitened);
    ew_floats(out[0])[0] = ew_nth_largest(map, nullptr, places, tables.min_cells);
    return ew_ok;
}

}  // namespace EW_NS

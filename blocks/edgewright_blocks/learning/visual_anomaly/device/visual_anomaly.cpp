// SPDX-License-Identifier: Apache-2.0
#include "visual_anomaly.h"

#include "edgewright/cells.h"
#include "edgewright/network_feed.h"
#include "edgewright/order.h"
#include "edgewright/scalar.h"
#include "edgewright/vector.h"

namespace EW_NS {
namespace {

using Tables = ew_visual_anomaly_tables;

constexpr int32_t at_once = 32;  // features after which a distance is compared with the best one
constexpr float largest_exponent = 60.0f;

// Square distance, or more than `most` as soon as that is certain.
float distance_up_to(const float* a, const float* b, int32_t count, float most) {
    float sum = 0.0f;
    for (int32_t i = 0; i < count && sum <= most; i += at_once) {
        sum += ew_squared_distance(a + i, b + i, count - i < at_once ? count - i : at_once);
    }
    return sum;
}

// Score of a cell; `nearest` goes in as a guess, which a neighbouring cell's answer is, and comes out right.
float score_of(const Tables& tables, const float* cell, int32_t& nearest) {
    const int32_t count = tables.features;
    float least = ew_squared_distance(cell, tables.cells + nearest * count, count);
    for (int32_t k = 0; k < tables.kept; ++k) {
        const float found = distance_up_to(cell, tables.cells + k * count, count, least);
        if (found < least) {
            least = found;
            nearest = k;
        }
    }
    const float distance = ew_sqrt(least);
    if (tables.neighbours < 2) return distance;
    const int32_t* const support = tables.support + nearest * tables.neighbours;
    float total = 1.0f;
    for (int32_t j = 1; j < tables.neighbours; ++j) {
        const float* const other = tables.cells + support[j] * count;
        const float farther = ew_sqrt(ew_squared_distance(cell, other, count)) - distance;
        total += expf(farther < largest_exponent ? farther : largest_exponent);
    }
    return distance * (1.0f - 1.0f / total);
}

bool sound(const Tables& tables) {
    if (tables.kept < 1 || tables.neighbours < 1) return false;
    for (int32_t i = 0; i < tables.kept * tables.neighbours; ++i) {
        if (tables.support[i] < 0 || tables.support[i] >= tables.kept) return false;
    }
    return true;
}

}  // namespace

ew_status ew_visual_anomaly(const ew_visual_anomaly_tables& tables, void*, const ew_view* in, ew_view* out,
                            ew_arena& scratch) {
    const ew_layers layers = {tables.layers, tables.outputs, tables.rows, tables.columns, tables.features};
    if (!ew_layers_fit(layers) || !sound(tables)) return ew_bad_tables;
    if (tables.min_cells < 1 || tables.min_cells > tables.rows * tables.columns) return ew_bad_tables;
    if (!ew_is_image(in[0], tables.height, tables.width, tables.channels)) return ew_bad_shape;
    if (!ew_is_floats(out[0], 1) || !ew_is_floats(out[1], tables.rows * tables.columns)) return ew_bad_shape;
    const ew_program program = ew_program_of(tables, scratch);
    float* const cell = ew_take<float>(scratch, tables.features);
    if (program.arena == nullptr || cell == nullptr) return ew_no_memory;
    if (!ew_show(program, tables.first, in[0])) return ew_bad_tables;
    const ew_status status = ew_run_program(program);
    if (status != ew_ok) return status;

    float* const map = ew_floats(out[1]);
    int32_t nearest = 0;
    for (int32_t row = 0; row < tables.rows; ++row) {
        for (int32_t column = 0; column < tables.columns; ++column) {
            if (!ew_see(program, layers, row, column, cell)) return ew_bad_tables;
            map[row * tables.columns + column] = score_of(tables, cell, nearest);
        }
    }
    ew_floats(out[0])[0] = ew_nth_largest(map, nullptr, tables.rows * tables.columns, tables.min_cells);
    return ew_ok;
}

}  // namespace EW_NS

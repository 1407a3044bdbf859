// SPDX-License-Identifier: Apache-2.0
#include "visual_anomaly.h"

#include "edgewright/cells.h"
#include "edgewright/nearest.h"
#include "edgewright/network_feed.h"
#include "edgewright/order.h"
#include "edgewright/scalar.h"

namespace EW_NS {
namespace {

using Tables = ew_visual_anomaly_tables;

constexpr float largest_exponent = 60.0f;
constexpr float any = __builtin_huge_valf();

ew_bank bank_of(const Tables& tables) {
    const bool floats = tables.stepped == 0;
    return {tables.kept,       tables.features, floats ? tables.cells : nullptr, tables.steps,  tables.scale,
            tables.offset,     tables.leading,  tables.middle,                   tables.directions,
            tables.shifts,     tables.panels,   tables.squares,                  tables.largest};
}

// Score of a cell by the kept one nearest to it.
float score_of(const Tables& tables, const ew_bank& bank, const float* cell, int32_t nearest) {
    const float distance = ew_sqrt(ew_kept_square(bank, cell, nearest, any));
    if (tables.neighbours < 2) return distance;
    const int32_t* const support = tables.support + nearest * tables.neighbours;
    float total = 1.0f;
    for (int32_t j = 1; j < tables.neighbours; ++j) {
        const float farther = ew_sqrt(ew_kept_square(bank, cell, support[j], any)) - distance;
        total += expf(farther < largest_exponent ? farther : largest_exponent);
    }
    return distance * (1.0f - 1.0f / total);
}

// The first and the last one stand in for those beyond them.
void smooth(float* values, int32_t count, int32_t stride) {
    float before = values[0];
    for (int32_t i = 0; i < count; ++i) {
        const float value = values[i * stride];
        const float after = i + 1 < count ? values[(i + 1) * stride] : value;
        values[i * stride] = 0.125f * (before + after) + 0.75f * value;
        before = value;
    }
}

bool sound(const Tables& tables) {
    if (tables.kept < 1 || tables.neighbours < 1 || tables.leading < 0 || tables.together < 1) return false;
    if (tables.min_cells < 1 || tables.min_cells > tables.rows * tables.columns) return false;
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
    if (!ew_is_image(in[0], tables.height, tables.width, tables.channels)) return ew_bad_shape;
    if (!ew_is_floats(out[0], 1) || !ew_is_floats(out[1], tables.rows * tables.columns)) return ew_bad_shape;
    const ew_bank bank = bank_of(tables);
    const ew_program program = ew_program_of(tables, scratch);
    float* const cells = ew_take<float>(scratch, tables.together * tables.features);
    int32_t* const nearest = ew_take<int32_t>(scratch, tables.together);
    float* const search = ew_take<float>(scratch, ew_nearest_scratch(bank, tables.together));
    if (program.arena == nullptr || cells == nullptr || nearest == nullptr || search == nullptr) return ew_no_memory;
    if (!ew_show(program, tables.first, in[0])) return ew_bad_tables;
    const ew_status status = ew_run_program(program);
    if (status != ew_ok) return status;

    float* const map = ew_floats(out[1]);
    const int32_t places = tables.rows * tables.columns;
    nearest[0] = 0;
    for (int32_t place = 0; place < places; place += tables.together) {
        const int32_t count = places - place < tables.together ? places - place : tables.together;
        for (int32_t i = 0; i < count; ++i) {
            const int32_t row = (place + i) / tables.columns, column = (place + i) % tables.columns;
            if (!ew_see(program, layers, row, column, cells + i * tables.features)) return ew_bad_tables;
        }
        ew_find_nearest(bank, cells, count, search, nearest);
        for (int32_t i = 0; i < count; ++i) {
            map[place + i] = score_of(tables, bank, cells + i * tables.features, nearest[i]);
        }
        nearest[0] = nearest[count - 1];
    }
    if (tables.smoothing != 0) {
        for (int32_t column = 0; column < tables.columns; ++column) smooth(map + column, tables.rows, tables.columns);
        for (int32_t row = 0; row < tables.rows; ++row) smooth(map + row * tables.columns, tables.columns, 1);
    }
    ew_floats(out[0])[0] = ew_nth_largest(map, nullptr, places, tables.min_cells);
    return ew_ok;
}

}  // namespace EW_NS

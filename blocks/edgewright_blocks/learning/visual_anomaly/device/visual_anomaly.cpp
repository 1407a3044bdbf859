// SPDX-License-Identifier: Apache-2.0
#include "visual_anomaly.h"

#include "edgewright/network_feed.h"
#include "edgewright/scalar.h"
#include "edgewright/vector.h"

namespace EW_NS {
namespace {

using Tables = ew_visual_anomaly_tables;

constexpr int32_t at_once = 32;  // features after which a distance is compared with the best one
constexpr float largest_exponent = 60.0f;

// Where the middle of place `i` of `wanted` lies among `size` values: between `low` and the next, `share` beyond it.
struct Between {
    int32_t low, high;
    float share;
};

Between between(int32_t i, int32_t size, int32_t wanted) {
    float place = (static_cast<float>(i) + 0.5f) * static_cast<float>(size) / static_cast<float>(wanted) - 0.5f;
    if (place < 0.0f) place = 0.0f;
    if (place > static_cast<float>(size - 1)) place = static_cast<float>(size - 1);
    const int32_t low = static_cast<int32_t>(place);
    const int32_t high = low + 1 < size ? low + 1 : low;
    return {low, high, place - static_cast<float>(low)};
}

bool feed(const Tables& tables, const ew_view& image, float* first) {
    if (first == nullptr) return false;
    const uint8_t* const pixels = static_cast<const uint8_t*>(image.data);
    const int32_t step = tables.channels == 3 ? 1 : 0;
    for (int32_t i = 0; i < tables.height * tables.width; ++i) {
        for (int32_t c = 0; c < 3; ++c) first[3 * i + c] = static_cast<float>(pixels[tables.channels * i + step * c]);
    }
    return true;
}

// What all layers see at a cell, side by side.
bool look(const Tables& tables, const ew_program& program, int32_t row, int32_t column, float* cell) {
    for (int32_t layer = 0; layer < tables.layers; ++layer) {
        const int32_t* const at = tables.outputs + 4 * layer;
        const int32_t width = at[2];
        const int32_t channels = at[3];
        const float* const map = ew_read(program, at[0], static_cast<int64_t>(at[1]) * width * channels);
        if (map == nullptr) return false;
        const Between down = between(row, at[1], tables.rows);
        const Between right = between(column, width, tables.columns);
        const float* const corners[4] = {
            map + (down.low * width + right.low) * channels, map + (down.low * width + right.high) * channels,
            map + (down.high * width + right.low) * channels, map + (down.high * width + right.high) * channels};
        for (int32_t c = 0; c < channels; ++c) {
            const float above = corners[0][c] + right.share * (corners[1][c] - corners[0][c]);
            const float below = corners[2][c] + right.share * (corners[3][c] - corners[2][c]);
            cell[c] = above + down.share * (below - above);
        }
        cell += channels;
    }
    return true;
}

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
    if (tables.kept < 1 || tables.layers < 1 || tables.neighbours < 1) return false;
    if (tables.channels != 1 && tables.channels != 3) return false;
    int64_t features = 0;
    for (int32_t layer = 0; layer < tables.layers; ++layer) {
        const int32_t* const at = tables.outputs + 4 * layer;
        if (at[1] < 1 || at[2] < 1 || at[3] < 1) return false;
        features += at[3];
    }
    if (features != tables.features) return false;
    for (int32_t i = 0; i < tables.kept * tables.neighbours; ++i) {
        if (tables.support[i] < 0 || tables.support[i] >= tables.kept) return false;
    }
    return true;
}

}  // namespace

ew_status ew_visual_anomaly(const ew_visual_anomaly_tables& tables, void*, const ew_view* in, ew_view* out,
                            ew_arena& scratch) {
    if (!sound(tables)) return ew_bad_tables;
    const ew_view& image = in[0];
    if (image.data == nullptr || image.dtype != ew_uint8 || image.rank != 3) return ew_bad_shape;
    if (image.shape[0] != tables.height || image.shape[1] != tables.width || image.shape[2] != tables.channels) {
        return ew_bad_shape;
    }
    if (!ew_is_floats(out[0], 1) || !ew_is_floats(out[1], tables.rows * tables.columns)) return ew_bad_shape;
    const ew_program program = ew_program_of(tables, scratch);
    float* const cell = ew_take<float>(scratch, tables.features);
    if (program.arena == nullptr || cell == nullptr) return ew_no_memory;
    const int64_t pixels = static_cast<int64_t>(tables.height) * tables.width;
    if (!feed(tables, image, ew_write(program, tables.first, 3 * pixels))) return ew_bad_tables;
    const ew_status status = ew_run_program(program);
    if (status != ew_ok) return status;

    float* const map = ew_floats(out[1]);
    float worst = 0.0f;
    int32_t nearest = 0;
    for (int32_t row = 0; row < tables.rows; ++row) {
        for (int32_t column = 0; column < tables.columns; ++column) {
            if (!look(tables, program, row, column, cell)) return ew_bad_tables;
            const float score = score_of(tables, cell, nearest);
            map[row * tables.columns + column] = score;
            if (score > worst) worst = score;
        }
    }
    ew_floats(out[0])[0] = worst;
    return ew_ok;
}

}  // namespace EW_NS

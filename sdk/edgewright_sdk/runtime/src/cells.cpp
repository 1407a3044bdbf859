// SPDX-License-Identifier: Apache-2.0
#include "edgewright/cells.h"

namespace EW_NS {
namespace {

// Where the middle of place `i` of `wanted` lies among `size` values: from `low` on the way to `high`, `share` of it.
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

}  // namespace

bool ew_layers_fit(const ew_layers& layers) {
    if (layers.count < 1 || layers.rows < 1 || layers.columns < 1) return false;
    int64_t features = 0;
    for (int32_t i = 0; i < layers.count; ++i) {
        const int32_t* const map = layers.maps + 4 * i;
        if (ew_volume(map + 1, 3) < 0) return false;
        features += map[3];
    }
    return features == layers.features;
}

bool ew_show(const ew_program& program, int32_t first, const ew_view& image) {
    const int32_t channels = image.shape[2];
    if (channels != 1 && channels != 3) return false;
    const int32_t pixels = image.shape[0] * image.shape[1];
    float* const to = ew_write(program, first, int64_t{3} * pixels);
    if (to == nullptr) return false;
    const uint8_t* const from = static_cast<const uint8_t*>(image.data);
    const int32_t step = channels == 3 ? 1 : 0;
    for (int32_t i = 0; i < pixels; ++i) {
        for (int32_t c = 0; c < 3; ++c) to[3 * i + c] = static_cast<float>(from[channels * i + step * c]);
    }
    return true;
}

bool ew_see(const ew_program& program, const ew_layers& layers, int32_t row, int32_t column, float* cell) {
    for (int32_t i = 0; i < layers.count; ++i) {
        const int32_t* const at = layers.maps + 4 * i;
        const int32_t width = at[2];
        const int32_t channels = at[3];
        const float* const map = ew_read(program, at[0], ew_volume(at + 1, 3));
        if (map == nullptr) return false;
        const Between down = between(row, at[1], layers.rows);
        const Between right = between(column, width, layers.columns);
        const float* const above_left = map + (down.low * width + right.low) * channels;
        const float* const above_right = map + (down.low * width + right.high) * channels;
        const float* const below_left = map + (down.high * width + right.low) * channels;
        const float* const below_right = map + (down.high * width + right.high) * channels;
        for (int32_t c = 0; c < channels; ++c) {
            const float above = above_left[c] + right.share * (above_right[c] - above_left[c]);
            const float below = below_left[c] + right.share * (below_right[c] - below_left[c]);
            cell[c] = above + down.share * (below - above);
        }
        cell += channels;
    }
    return true;
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "edgewright/resize.h"

namespace EW_NS {

namespace {

constexpr uint32_t one = 65536;
constexpr uint32_t half = 32768;

struct box {
    int32_t left, top, width, height;
};

int32_t rounded(int32_t numerator, int32_t denominator) {
    const int32_t quotient = (2 * numerator + denominator) / (2 * denominator);
    return quotient < 1 ? 1 : quotient;
}

box centred(int32_t width, int32_t height, int32_t inner_width, int32_t inner_height) {
    return {(width - inner_width) / 2, (height - inner_height) / 2, inner_width, inner_height};
}

// Which part of the source is taken and which part of the target it fills. Sides are at most 32767: no product overflows.
void find_boxes(const ew_pixels& pixels, ew_fit fit, int32_t width, int32_t height, box& source, box& target) {
    const int32_t across = pixels.width * height, down = pixels.height * width;
    const bool wider = across > down;
    source = {0, 0, pixels.width, pixels.height};
    target = {0, 0, width, height};
    if (fit == ew_fit_shortest) {
        source = wider ? centred(pixels.width, pixels.height, rounded(down, height), pixels.height)
                       : centred(pixels.width, pixels.height, pixels.width, rounded(across, width));
    } else if (fit == ew_fit_longest) {
        target = wider ? centred(width, height, width, rounded(down, pixels.width))
                       : centred(width, height, rounded(across, pixels.height), height);
    }
}

// What each of `target` values takes of `size`: places one after the other, weights that sum to 65536. Shrinking: the mean
// over the area that a value covers. Otherwise: straight lines between the middles of the two nearest.
struct taps {
    uint32_t size, target;
    uint32_t step, step_rest;  // by how much the weight grows from one place to the next, and what of it is left over
    int32_t place;
    uint32_t weight;
    uint32_t given;  // weight of the places before
    uint32_t covered, rest;

    taps(int32_t from, int32_t to)
        : size(static_cast<uint32_t>(from)), target(static_cast<uint32_t>(to)), step(target * one / size),
          step_rest(target * one % size), place(0), weight(0), given(0), covered(0), rest(0) {}

    void start(int32_t number) {
        const uint32_t o = static_cast<uint32_t>(number);
        given = 0;
        if (target < size) {
            const uint32_t first = o * size / target;
            covered = (first + 1) * target - o * size;
            weight = (covered * one + size / 2) / size;
            rest = (covered * one + size / 2) % size;
            place = static_cast<int32_t>(first);
            return;
        }
        const uint32_t middle = (2 * o + 1) * size, last = 2 * target * (size - 1);
        uint32_t position = middle < target ? 0 : middle - target;
        if (position > last) position = last;
        const uint32_t first = position / (2 * target);
        weight = one - ((position - first * 2 * target) * one + target) / (2 * target);
        place = static_cast<int32_t>(first);
        covered = size;
    }

    bool next() {
        given += weight;
        if (given == one) return false;
        ++place;
        covered += target;
        if (covered >= size) {
            weight = one - given;
            return true;
        }
        weight = step;
        rest += step_rest;
        if (rest >= size) {
            rest -= size;
            ++weight;
        }
        return true;
    }
};

// One row of the source, from side to side.
void resize_row(const ew_pixels& pixels, const box& source, int32_t y, int32_t width, int32_t channels, uint8_t* out) {
    const uint8_t* const row = pixels.data + static_cast<size_t>(source.top + y) * static_cast<size_t>(pixels.stride);
    taps across(source.width, width);
    for (int32_t x = 0; x < width; ++x) {
        uint32_t sums[3] = {half, half, half};
        across.start(x);
        do {
            uint32_t values[3];
            ew_read_pixel(row, pixels.format, source.left + across.place, channels, values);
            for (int32_t c = 0; c < channels; ++c) sums[c] += across.weight * values[c];
        } while (across.next());
        for (int32_t c = 0; c < channels; ++c) *out++ = static_cast<uint8_t>(sums[c] >> 16);
    }
}

}  // namespace

ew_status ew_resize(const ew_pixels& source, ew_fit fit, uint8_t* out, int32_t width, int32_t height, int32_t channels,
                    ew_arena scratch) {
    if (!ew_pixels_fit(source) || out == nullptr || (channels != 1 && channels != 3)) return ew_bad_shape;
    if (width < 1 || width > ew_largest_side || height < 1 || height > ew_largest_side) return ew_bad_shape;
    if (fit != ew_squash && fit != ew_fit_shortest && fit != ew_fit_longest) return ew_bad_tables;
    uint8_t* const row = ew_take<uint8_t>(scratch, width * channels);
    uint32_t* const sums = ew_take<uint32_t>(scratch, width * channels);
    if (row == nullptr || sums == nullptr) return ew_no_memory;

    box from, to;
    find_boxes(source, fit, width, height, from, to);
    const size_t out_row = static_cast<size_t>(width) * static_cast<size_t>(channels);
    if (to.width < width || to.height < height) memset(out, 0, out_row * static_cast<size_t>(height));
    out += out_row * static_cast<size_t>(to.top) + static_cast<size_t>(to.left * channels);

    const int32_t count = to.width * channels;
    taps down(from.height, to.height);
    int32_t held = -1;  // which row of the source `row` was made of
    for (int32_t y = 0; y < to.height; ++y, out += out_row) {
        for (int32_t i = 0; i < count; ++i) sums[i] = half;
        const int32_t ready = held;  // comes first: neighbours share rows, and there is room for one
        for (int32_t turn = 0; turn < 2; ++turn) {
            down.start(y);
            do {
                if ((down.place == ready) != (turn == 0)) continue;
                if (down.place != held) resize_row(source, from, down.place, to.width, channels, row);
                held = down.place;
                for (int32_t i = 0; i < count; ++i) sums[i] += down.weight * row[i];
            } while (down.next());
        }
        for (int32_t i = 0; i < count; ++i) out[i] = static_cast<uint8_t>(sums[i] >> 16);
    }
    return ew_ok;
}

}  // namespace EW_NS

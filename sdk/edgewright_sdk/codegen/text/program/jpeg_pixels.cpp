// SPDX-License-Identifier: 0BSD
// From coefficients to samples, and to the picture's size: in the integers that most decoders use, so that the same file gives the
// same pixels as in training.
#include <string.h>

#include "jpeg.h"

namespace {

// Eight cosines in units of 1/8192: what coefficients 1, 3, 5, 7 add to places 0 to 3, and are taken from 7 to 4.
constexpr int32_t odd[4][4] = {{11363, 9633, 6437, 2260}, {9633, -2259, -11362, -6436}, {6437, -11362, 2261, 9633}, {2260, -6436, 9633, -11363}};

// Eight values, `step` apart, in their place.
void transform(int32_t* values, int step, int shift) {
    int64_t in[8];
    for (int i = 0; i < 8; ++i) in[i] = values[i * step];
    const int64_t sum = (in[0] + in[4]) * 8192, difference = (in[0] - in[4]) * 8192;
    const int64_t outer = 10703 * in[2] + 4433 * in[6], inner = 4433 * in[2] - 10704 * in[6];
    const int64_t even[4] = {sum + outer, difference + inner, difference - inner, sum - outer};
    const int64_t half = int64_t{1} << (shift - 1);
    for (int i = 0; i < 4; ++i) {
        int64_t rest = 0;
        for (int k = 0; k < 4; ++k) rest += odd[i][k] * in[2 * k + 1];
        values[i * step] = static_cast<int32_t>((even[i] + rest + half) >> shift);
        values[(7 - i) * step] = static_cast<int32_t>((even[i] - rest + half) >> shift);
    }
}

uint8_t limited(int32_t value) { return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value); }

int32_t within(int32_t value, int32_t count) { return value < 0 ? 0 : value >= count ? count - 1 : value; }

}  // namespace

bool jpeg_samples(jpeg_component& of) {
    const size_t stride = static_cast<size_t>(of.wide) * 8;
    of.samples = static_cast<uint8_t*>(malloc(stride * static_cast<size_t>(of.high) * 8));
    if (of.samples == nullptr) return false;
    for (int32_t row = 0; row < of.high; ++row) {
        for (int32_t column = 0; column < of.wide; ++column) {
            const int16_t* const values = of.values + 64 * (static_cast<size_t>(row) * static_cast<size_t>(of.wide) + static_cast<size_t>(column));
            int32_t block[64];
            for (int i = 0; i < 64; ++i) {
                const int32_t value = values[i] * of.steps[i];
                block[i] = value < -32768 ? -32768 : value > 32767 ? 32767 : value;
            }
            for (int i = 0; i < 8; ++i) transform(block + i, 8, 11);
            for (int i = 0; i < 8; ++i) transform(block + 8 * i, 1, 18);
            uint8_t* out = of.samples + static_cast<size_t>(row) * 8 * stride + static_cast<size_t>(column) * 8;
            for (int i = 0; i < 64; ++i) out[static_cast<size_t>(i / 8) * stride + static_cast<size_t>(i % 8)] = limited(block[i] + 128);
        }
    }
    free(of.values);
    of.values = nullptr;
    return true;
}

// Where colours have half the samples, straight lines between the middles: 3/4 of the nearer one, 1/4 of the other.
void jpeg_row(const jpeg& image, const jpeg_component& of, int32_t y, uint8_t* out) {
    const int across = image.most_h / of.h, down = image.most_v / of.v;
    const size_t stride = static_cast<size_t>(of.wide) * 8;
    const int32_t near = y / down;
    const uint8_t* const row = of.samples + static_cast<size_t>(near) * stride;
    const bool lines = down == 2 && (across == 1 || (across == 2 && of.width > 2));
    const int32_t beside = lines ? within(near + (y % 2 == 0 ? -1 : 1), of.height) : near;
    const uint8_t* const other = of.samples + static_cast<size_t>(beside) * stride;
    if (across == 1 && lines) {
        for (int32_t x = 0; x < image.width; ++x) out[x] = static_cast<uint8_t>((3 * row[x] + other[x] + (y % 2 == 0 ? 1 : 2)) >> 2);
    } else if (across == 1 && down == 1) {
        memcpy(out, row, static_cast<size_t>(image.width));
    } else if (across == 2 && down <= 2 && of.width > 2) {
        for (int32_t x = 0; x < image.width; ++x) {
            const int32_t at = x / 2, next = within(at + (x % 2 == 0 ? -1 : 1), of.width);
            if (down == 1) {
                out[x] = static_cast<uint8_t>(next == at ? row[at] : (3 * row[at] + row[next] + (x % 2 == 0 ? 1 : 2)) >> 2);
            } else {
                const int here = 3 * row[at] + other[at], there = 3 * row[next] + other[next];
                out[x] = static_cast<uint8_t>((3 * here + there + (x % 2 == 0 ? 8 : 7)) >> 4);
            }
        }
    } else {
        for (int32_t x = 0; x < image.width; ++x) out[x] = row[x / across];
    }
}

// SPDX-License-Identifier: 0BSD
// Scans of a JPEG file: Huffman codes, sequential and progressive (ITU-T T.81, annexes F and G).
#include "jpeg.h"

const uint8_t jpeg_order[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
                                41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
                                30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

namespace {

struct scan {
    source& from;
    int first, last, high, low;
    const jpeg_codes (*codes)[4];
    uint32_t held = 0;
    int left = 0;
    int32_t ended_blocks = 0;  // progressive: how many more blocks have nothing in this scan
    const char* wrong = nullptr;

    int bit() {
        if (left == 0) {
            int byte = from.take();
            if (byte == 0xFF) {
                int next = from.take();
                while (next == 0xFF) next = from.take();
                if (next > 0) wrong = "damaged: a scan ends too soon";
                if (next < 0) byte = -1;
            }
            if (byte < 0) wrong = "truncated";
            if (wrong != nullptr) return 0;
            held = static_cast<uint32_t>(byte);
            left = 8;
        }
        return static_cast<int>(held >> --left & 1);
    }

    int32_t bits(int count) {
        int32_t value = 0;
        while (count-- > 0) value = value * 2 + bit();
        return value;
    }

    // A number of so many bits; those that begin with 0 are negative.
    int32_t number(int count) {
        const int32_t value = bits(count);
        return count > 0 && value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
    }

    int symbol(const jpeg_codes& by) {
        int32_t code = 0;
        for (int length = 1; length <= 16; ++length) {
            code = code * 2 + bit();
            if (wrong != nullptr) return 0;
            if (code - by.first[length] < by.count[length]) return by.symbols[by.place[length] + code - by.first[length]];
        }
        wrong = "damaged: no such code";
        return 0;
    }

    void dc(jpeg_component& of, int16_t* block) {
        if (high > 0) {
            if (bit()) block[0] = static_cast<int16_t>(block[0] | 1 << low);
            return;
        }
        const int size = symbol(codes[0][of.dc]);
        if (size > 15) wrong = "damaged: no such code";
        if (wrong != nullptr) return;
        of.before = static_cast<int16_t>(of.before + number(size));
        block[0] = static_cast<int16_t>(of.before * (1 << low));
    }

    // Zeros and values in turn; `r` zeros come before a value, and 15 without a value are sixteen zeros.
    void ac(const jpeg_codes& by, int16_t* block, bool runs) {
        if (ended_blocks > 0) {
            --ended_blocks;
            return;
        }
        for (int k = first > 0 ? first : 1; k <= last && wrong == nullptr; ++k) {
            const int found = symbol(by), size = found & 15, zeros = found >> 4;
            if (size == 0 && zeros < 15) {
                if (runs) ended_blocks = (1 << zeros) - 1 + bits(zeros);
                return;
            }
            k += zeros;
            if (size == 0) continue;
            if (k > 63) {
                wrong = "damaged: more than 64 values in a block";
                return;
            }
            block[jpeg_order[k]] = static_cast<int16_t>(number(size) * (1 << low));
        }
    }

    // One more bit of a value that is known to be there.
    void refine(int16_t& value) {
        if (bit() && (value & 1 << low) == 0) value = static_cast<int16_t>(value + (value > 0 ? 1 << low : -(1 << low)));
    }

    void refine_ac(const jpeg_codes& by, int16_t* block) {
        int k = first;
        for (; ended_blocks == 0 && k <= last && wrong == nullptr; ++k) {
            const int found = symbol(by), size = found & 15;
            int zeros = found >> 4;
            if (size == 0 && zeros < 15) {
                ended_blocks = (1 << zeros) + bits(zeros);
                break;
            }
            if (size > 1) wrong = "damaged: no such code";
            const int value = size == 0 ? 0 : bit() ? 1 << low : -(1 << low);
            for (; k <= last; ++k) {
                int16_t& here = block[jpeg_order[k]];
                if (here != 0) {
                    refine(here);
                } else if (zeros-- == 0) {
                    break;
                }
            }
            if (value != 0 && k <= last) block[jpeg_order[k]] = static_cast<int16_t>(value);
        }
        if (ended_blocks == 0) return;
        for (; k <= last; ++k) {
            if (block[jpeg_order[k]] != 0) refine(block[jpeg_order[k]]);
        }
        --ended_blocks;
    }

    bool block(jpeg_component& of, int32_t row, int32_t column, bool progressive) {
        int16_t* const values = of.values + 64 * (static_cast<size_t>(row) * static_cast<size_t>(of.wide) + static_cast<size_t>(column));
        if (first == 0) dc(of, values);
        if (last > 0 && wrong == nullptr) {
            if (high > 0) {
                refine_ac(codes[1][of.ac], values);
            } else {
                ac(codes[1][of.ac], values, progressive);
            }
        }
        return wrong == nullptr;
    }

    bool restart(jpeg_component* const* chosen, int count) {
        left = 0;
        ended_blocks = 0;
        for (int i = 0; i < count; ++i) chosen[i]->before = 0;
        int marker = from.take();
        while (marker == 0xFF) marker = from.take();
        if (marker < 0) wrong = "truncated";
        else if (marker < 0xD0 || marker > 0xD7) wrong = "damaged: a restart is missing";
        return wrong == nullptr;
    }
};

}  // namespace

bool jpeg_scan(jpeg& image, jpeg_component* const* chosen, int count, int first, int last, int high, int low) {
    scan one = {image.from, first, last, high, low, image.codes};
    for (int i = 0; i < count; ++i) chosen[i]->before = 0;
    // A component by itself has only the blocks that hold pixels; several are interleaved, in units of the largest.
    const jpeg_component& single = *chosen[0];
    const int32_t columns = count == 1 ? (single.width + 7) / 8 : single.wide / single.h;
    const int32_t rows = count == 1 ? (single.height + 7) / 8 : single.high / single.v;
    uint32_t units = 0;
    for (int32_t y = 0; y < rows; ++y) {
        for (int32_t x = 0; x < columns; ++x) {
            if (image.interval > 0 && units > 0 && units % image.interval == 0 && !one.restart(chosen, count)) break;
            ++units;
            if (count == 1) {
                one.block(*chosen[0], y, x, image.progressive);
            } else {
                for (int i = 0; i < count; ++i) {
                    jpeg_component& of = *chosen[i];
                    for (int part = 0; part < of.h * of.v && one.wrong == nullptr; ++part) {
                        one.block(of, y * of.v + part / of.h, x * of.h + part % of.h, image.progressive);
                    }
                }
            }
            if (one.wrong != nullptr) return complain(image.from.name, "%s", one.wrong);
        }
        if (one.wrong != nullptr) return complain(image.from.name, "%s", one.wrong);
    }
    return true;
}

// SPDX-License-Identifier: 0BSD
// PNG as in training: of 16 bits the upper eight, palettes as colours, alpha left out.
#include <string.h>

#include "inflate.h"
#include "picture.h"

namespace {

struct header {
    uint32_t width = 0;
    uint32_t height = 0;
    int depth = 0;
    int colour = 0;

    int samples() const { return colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1; }
    size_t row_bytes() const { return (static_cast<size_t>(width) * static_cast<size_t>(samples() * depth) + 7) / 8; }
    bool allowed() const {
        const bool small = depth == 1 || depth == 2 || depth == 4;
        if (colour == 0) return small || depth == 8 || depth == 16;
        if (colour == 3) return small || depth == 8;
        return (colour == 2 || colour == 4 || colour == 6) && (depth == 8 || depth == 16);
    }
};

uint32_t checksum(uint32_t before, const uint8_t* bytes, size_t count) {
    static const uint32_t nibble[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    uint32_t value = ~before;
    for (size_t i = 0; i < count; ++i) {
        value ^= bytes[i];
        value = value >> 4 ^ nibble[value & 15];
        value = value >> 4 ^ nibble[value & 15];
    }
    return ~value;
}

// The predicted value that a filter adds to a byte: left, up, their mean, or what is nearest to left + up - corner.
uint8_t predicted(int filter, int left, int up, int corner) {
    if (filter == 1) return static_cast<uint8_t>(left);
    if (filter == 2) return static_cast<uint8_t>(up);
    if (filter == 3) return static_cast<uint8_t>((left + up) / 2);
    if (filter != 4) return 0;
    const int by_left = up > corner ? up - corner : corner - up, by_up = left > corner ? left - corner : corner - left;
    const int sum = left + up - 2 * corner, by_corner = sum > 0 ? sum : -sum;
    return static_cast<uint8_t>(by_left <= by_up && by_left <= by_corner ? left : by_up <= by_corner ? up : corner);
}

bool unfilter(uint8_t* rows, const header& of) {
    const size_t size = of.row_bytes(), step = static_cast<size_t>(of.samples() * of.depth + 7) / 8;
    const uint8_t* above = nullptr;
    for (uint32_t y = 0; y < of.height; ++y) {
        uint8_t* const row = rows + y * (size + 1) + 1;
        const int filter = row[-1];
        if (filter > 4) return false;
        for (size_t i = 0; i < size; ++i) {
            const int left = i >= step ? row[i - step] : 0, up = above == nullptr ? 0 : above[i];
            const int corner = i >= step && above != nullptr ? above[i - step] : 0;
            row[i] = static_cast<uint8_t>(row[i] + predicted(filter, left, up, corner));
        }
        above = row;
    }
    return true;
}

// Sample `i` of a row, of 16 bits the upper eight.
uint8_t sample(const uint8_t* row, size_t i, int depth) {
    if (depth >= 8) return row[i * static_cast<size_t>(depth / 8)];
    const size_t bit = i * static_cast<size_t>(depth);
    return static_cast<uint8_t>(row[bit / 8] >> (8 - depth - static_cast<int>(bit % 8)) & ((1 << depth) - 1));
}

void fill(picture& to, const uint8_t* rows, const header& of, const uint8_t palette[256][3]) {
    const size_t samples = static_cast<size_t>(of.samples());
    const int whole = of.depth < 8 ? 255 / ((1 << of.depth) - 1) : 1;  // grey of 1, 2 or 4 bits up to 255
    for (uint32_t y = 0; y < of.height; ++y) {
        const uint8_t* const row = rows + y * (of.row_bytes() + 1) + 1;
        for (uint32_t x = 0; x < of.width; ++x) {
            uint8_t* const out = to.at(y, x);
            const uint8_t first = sample(row, x * samples, of.depth);
            if (of.colour == 3) {
                memcpy(out, palette[first], 3);
            } else if (to.channels == 1) {
                out[0] = static_cast<uint8_t>(first * whole);
            } else {
                for (size_t i = 0; i < 3; ++i) out[i] = sample(row, x * samples + i, of.depth);
            }
        }
    }
}

bool take_header(source& from, const text& body, header& to) {
    const uint8_t* const at = reinterpret_cast<const uint8_t*>(body.data);
    if (body.length != 13) return complain(from.name, "damaged: no PNG header");
    to.width = big32(at);
    to.height = big32(at + 4);
    to.depth = at[8];
    to.colour = at[9];
    if (!to.allowed() || at[10] != 0 || at[11] != 0) return complain(from.name, "damaged: no such kind of PNG");
    return at[12] == 0 || complain(from.name, "interlaced PNG isn't read: save it without interlacing");
}

}  // namespace

bool take_png(source& from, picture& to) {
    uint8_t magic[8];
    if (!from.read(magic, 8) || memcmp(magic, "\x89PNG\r\n\x1A\n", 8) != 0) return complain(from.name, "not a PNG file");
    header found;
    text body, packed;
    uint8_t palette[256][3] = {};
    for (;;) {
        uint8_t head[8], check[4];
        if (!from.read(head, 8)) return complain(from.name, "truncated");
        const uint32_t size = big32(head);
        body.clear();
        if (size > 0x7FFFFFFFu || !body.reserve(size) || !from.read(body.data, size) || !from.read(check, 4)) return complain(from.name, "truncated");
        body.length = size;
        const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(body.data);
        if (checksum(checksum(0, head + 4, 4), bytes, size) != big32(check)) return complain(from.name, "damaged: a checksum doesn't match");
        if (memcmp(head + 4, "IEND", 4) == 0) break;
        if (memcmp(head + 4, "IHDR", 4) == 0) {
            if (!take_header(from, body, found)) return false;
        } else if (memcmp(head + 4, "PLTE", 4) == 0) {
            memcpy(palette, bytes, size < sizeof palette ? size : sizeof palette);
        } else if (memcmp(head + 4, "IDAT", 4) == 0) {
            packed.add(body.data, size);
        }
    }
    const int32_t channels = found.colour == 0 || found.colour == 4 ? 1 : 3;
    if (!to.resize(from, found.width, found.height, channels)) return false;
    text rows;
    const size_t size = (found.row_bytes() + 1) * found.height;
    if (!rows.reserve(size)) return complain(from.name, "out of memory");
    uint8_t* const unpacked = reinterpret_cast<uint8_t*>(rows.data);
    if (!inflate(reinterpret_cast<const uint8_t*>(packed.data), packed.length, unpacked, size) || !unfilter(unpacked, found)) {
        return complain(from.name, "damaged: its pixels can't be unpacked");
    }
    fill(to, unpacked, found, palette);
    return true;
}

// SPDX-License-Identifier: 0BSD
// Netpbm (P5, P6) and BMP; which format it is.
#include "picture.h"

#include <ctype.h>
#include <string.h>

bool picture::resize(const source& from, uint32_t wide, uint32_t high, int32_t values) {
    const uint64_t pixels = static_cast<uint64_t>(wide) * high;
    if (wide < 1 || high < 1 || wide > largest_side || high > largest_side || pixels > most_pixels) {
        return complain(from.name, "%u x %u pixels: sides of 1 to %u are taken, and %llu pixels in all", wide, high, largest_side,
                        static_cast<unsigned long long>(most_pixels));
    }
    width = static_cast<int32_t>(wide);
    height = static_cast<int32_t>(high);
    channels = values;
    bytes.clear();
    if (bytes.reserve(pixels * static_cast<uint64_t>(values))) return true;
    return complain(from.name, "out of memory");
}

namespace {

// A number of a Netpbm header, after blanks and comments; -1 when there is none.
long header_number(source& from) {
    int letter = from.take();
    while (letter == '#' || isspace(letter)) {
        if (letter == '#') {
            while (letter != '\n' && letter >= 0) letter = from.take();
        }
        letter = from.take();
    }
    long value = -1;
    for (; letter >= '0' && letter <= '9'; letter = from.take()) {
        value = (value < 0 ? 0 : value * 10) + letter - '0';
        if (value > 1000000) return -1;
    }
    return value;  // the one blank behind it is taken
}

}  // namespace

bool take_pnm(source& from, picture& to) {
    uint8_t magic[2];
    if (!from.read(magic, 2)) return false;
    const long width = header_number(from), height = header_number(from), most = header_number(from);
    if (width < 0 || height < 0 || most < 1 || most > 65535) return complain(from.name, "damaged: no header of a Netpbm picture");
    if (most != 255) return complain(from.name, "values up to %ld; Netpbm of 8 bits, up to 255, is read", most);
    if (!to.resize(from, static_cast<uint32_t>(width), static_cast<uint32_t>(height), magic[1] == '6' ? 3 : 1)) return false;
    const size_t size = static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(to.channels);
    return from.read(to.bytes.data, size) || complain(from.name, "truncated");
}

bool take_bmp(source& from, picture& to) {
    uint8_t head[54];
    if (!from.read(head, sizeof head)) return complain(from.name, "truncated");
    const uint32_t start = little32(head + 10), head_size = little32(head + 14), width = little32(head + 18);
    const int32_t signed_height = static_cast<int32_t>(little32(head + 22));
    const uint32_t height = signed_height < 0 ? 0u - static_cast<uint32_t>(signed_height) : static_cast<uint32_t>(signed_height);
    const int bits = little16(head + 28);
    const uint32_t packing = little32(head + 30);
    if (head_size < 40 || packing != 0 || (bits != 8 && bits != 24 && bits != 32)) {
        return complain(from.name, "BMP of %d bits, packed by method %u, isn't read; 8, 24 and 32 bits without packing are", bits, packing);
    }
    uint8_t palette[256][4] = {};
    uint32_t colours = little32(head + 46);
    if (colours == 0 || colours > 256) colours = 256;
    const uint64_t palette_at = 14 + static_cast<uint64_t>(head_size);
    const uint64_t palette_end = palette_at + (bits == 8 ? colours * 4 : 0);
    if (start < palette_end || !from.skip(palette_at - sizeof head) ||
        (bits == 8 && !from.read(palette, static_cast<size_t>(colours) * 4)) || !from.skip(start - palette_end)) {
        return complain(from.name, "damaged: its header doesn't end before its pixels");
    }
    if (!to.resize(from, width, height, 3)) return false;
    const uint32_t size = static_cast<uint32_t>(bits) / 8, padding = (4 - width * size % 4) % 4;
    for (uint32_t y = 0; y < height; ++y) {
        for (uint32_t x = 0; x < width; ++x) {
            uint8_t pixel[4] = {};
            if (!from.read(pixel, size)) return complain(from.name, "truncated");
            const uint8_t* const blue = bits == 8 ? palette[pixel[0]] : pixel;
            uint8_t* const out = to.at(signed_height < 0 ? y : height - 1 - y, x);
            out[0] = blue[2];
            out[1] = blue[1];
            out[2] = blue[0];
        }
        if (!from.skip(padding)) return complain(from.name, "truncated");
    }
    return true;
}

bool take_picture(source& from, picture& to) {
    // One byte tells enough, and is all that can be put back.
    switch (from.peek()) {
        case 0x89: return take_png(from, to);
        case 'P': return take_pnm(from, to);
        case 'B': return take_bmp(from, to);
        case 0xFF: return take_jpeg(from, to);
        case -1: return complain(from.name, "empty");
        default: return complain(from.name, "not a picture that is read here: JPEG, PNG, BMP and binary PPM and PGM are");
    }
}

// SPDX-License-Identifier: 0BSD
// Pictures in 8 bits a value, row by row: grey, or red, green and blue.
#pragma once
#include "source.h"
#include "text.h"

constexpr uint32_t largest_side = 32767;  // of the runtime's resizing
inline uint64_t most_pixels = 1 << 28;  // a program may take fewer

struct picture {
    text bytes;
    int32_t width = 0;
    int32_t height = 0;
    int32_t channels = 0;  // 1 or 3

    // Room for the pixels; false, and told, for a size that isn't taken.
    bool resize(const source& from, uint32_t wide, uint32_t high, int32_t values);
    uint8_t* at(uint32_t y, uint32_t x) {
        return reinterpret_cast<uint8_t*>(bytes.data) +
               (static_cast<size_t>(y) * static_cast<size_t>(width) + x) * static_cast<size_t>(channels);
    }
};

// Read the picture that begins here; false, and told, when there is none that can be read.
bool take_picture(source& from, picture& to);

bool take_png(source& from, picture& to);
bool take_pnm(source& from, picture& to);
bool take_bmp(source& from, picture& to);
bool take_jpeg(source& from, picture& to);

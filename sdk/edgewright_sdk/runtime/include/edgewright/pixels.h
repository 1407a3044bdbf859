// SPDX-License-Identifier: Apache-2.0
// Pictures as cameras and browsers hand them over.
#ifndef EDGEWRIGHT_PIXELS_H
#define EDGEWRIGHT_PIXELS_H

#include "edgewright/node.h"

namespace EW_NS {

enum ew_pixel_format : int32_t {
    ew_rgb888 = 0,  // three bytes: red, green, blue
    ew_rgb565 = 1,  // two bytes, the lower one first: 5 bits red (the upper ones), 6 green, 5 blue
    ew_gray8 = 2,   // one byte
    ew_rgba8888 = 3  // four bytes: red, green, blue and alpha, which is left out
};

constexpr int32_t ew_largest_side = 32767;

struct ew_pixels {
    const uint8_t* data;
    ew_pixel_format format;
    int32_t width;
    int32_t height;
    int32_t stride;  // bytes from one row's start to the next, at least those of a row
};

// Bytes of one pixel, 0 for a format that doesn't exist.
int32_t ew_pixel_bytes(ew_pixel_format format);

// True when there is a picture: sides of 1 to 32767, rows that don't overlap.
bool ew_pixels_fit(const ew_pixels& pixels);

// Read the pixel in column `x` of a row as 3 values (RGB) or 1 (grey). 5 and 6 bits are widened to 8 by repeating the
// upper ones below; grey is (19595 R + 38470 G + 7471 B + 32768) >> 16; RGB of grey is three times the same.
inline void ew_read_pixel(const uint8_t* row, ew_pixel_format format, int32_t x, int32_t channels, uint32_t* values) {
    uint32_t red, green, blue;
    if (format == ew_gray8) {
        red = green = blue = row[x];
        if (channels == 1) {
            values[0] = red;
            return;
        }
    } else if (format != ew_rgb565) {
        const int32_t first = (format == ew_rgb888 ? 3 : 4) * x;
        red = row[first];
        green = row[first + 1];
        blue = row[first + 2];
    } else {
        const uint32_t packed = row[2 * x] | static_cast<uint32_t>(row[2 * x + 1]) << 8;
        red = packed >> 11;
        green = packed >> 5 & 63u;
        blue = packed & 31u;
        red = red << 3 | red >> 2;
        green = green << 2 | green >> 4;
        blue = blue << 3 | blue >> 2;
    }
    if (channels == 3) {
        values[0] = red;
        values[1] = green;
        values[2] = blue;
    } else {
        values[0] = (19595u * red + 38470u * green + 7471u * blue + 32768u) >> 16;
    }
}

}  // namespace EW_NS

#endif

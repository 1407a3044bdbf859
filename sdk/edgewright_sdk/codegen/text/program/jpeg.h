// SPDX-License-Identifier: 0BSD
// What the parts of the JPEG decoder share: tables and coefficients, as the markers fill them.
#pragma once
#include <stdint.h>
#include <stdlib.h>

#include "source.h"

// Huffman codes of each length, in the order of their values.
struct jpeg_codes {
    int32_t first[17] = {}, count[17] = {}, place[17] = {};
    uint8_t symbols[256] = {};
};

struct jpeg_component {
    int id = 0, h = 0, v = 0, table = 0;      // sampling factors; its table of steps
    int dc = 0, ac = 0;                       // its codes in a scan
    int32_t width = 0, height = 0;            // in samples of its own
    int32_t wide = 0, high = 0;               // in blocks, whole units
    int32_t before = 0;                       // the last DC value
    bool stepped = false;
    uint16_t steps[64] = {};                  // as its first scan found them
    int16_t* values = nullptr;                // 64 a block, row by row
    uint8_t* samples = nullptr;

    ~jpeg_component() {
        free(values);
        free(samples);
    }
};

struct jpeg {
    source& from;
    int32_t width = 0, height = 0;
    int count = 0, most_h = 1, most_v = 1;
    bool progressive = false, jfif = false;
    int adobe = -1, orientation = 1;
    uint32_t interval = 0;                    // units between restarts
    int scans = 0;
    jpeg_component components[3];
    jpeg_codes codes[2][4];                   // DC, AC
    uint16_t steps[4][64] = {};

    explicit jpeg(source& of) : from(of) {}
};

extern const uint8_t jpeg_order[64];          // from the place in a scan to the one in a block
inline int32_t jpeg_share(int64_t size, int part, int whole) { return static_cast<int32_t>((size * part + whole - 1) / whole); }

// A scan's coefficients: `chosen` components, their part of the spectrum and its bits. False, and told, when it is damaged.
bool jpeg_scan(jpeg& image, jpeg_component* const* chosen, int count, int first, int last, int high, int low);
// Samples from coefficients; false without memory.
bool jpeg_samples(jpeg_component& of);
// Row `y` of a component at the picture's width.
void jpeg_row(const jpeg& image, const jpeg_component& of, int32_t y, uint8_t* out);

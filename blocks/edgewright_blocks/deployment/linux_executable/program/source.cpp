// SPDX-License-Identifier: 0BSD
#include "source.h"

#include <stdarg.h>

int source::peek() {
    const int letter = getc(file);
    if (letter != EOF) ungetc(letter, file);
    return letter;
}

bool source::skip(uint64_t count) {
    char dropped[4096];
    while (count > 0) {
        const size_t part = count < sizeof dropped ? static_cast<size_t>(count) : sizeof dropped;
        if (!read(dropped, part)) return false;
        count -= part;
    }
    return true;
}

uint16_t little16(const uint8_t* at) { return static_cast<uint16_t>(at[0] | at[1] << 8); }

uint32_t little32(const uint8_t* at) {
    return static_cast<uint32_t>(at[0]) | static_cast<uint32_t>(at[1]) << 8 | static_cast<uint32_t>(at[2]) << 16 |
           static_cast<uint32_t>(at[3]) << 24;
}

uint32_t big32(const uint8_t* at) {
    return static_cast<uint32_t>(at[3]) | static_cast<uint32_t>(at[2]) << 8 | static_cast<uint32_t>(at[1]) << 16 |
           static_cast<uint32_t>(at[0]) << 24;
}

bool complain(const char* name, const char* format, ...) {
    va_list values;
    va_start(values, format);
    fflush(stdout);
    fprintf(stderr, "%s: ", name);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    return false;
}

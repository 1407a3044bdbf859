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

namespace {

void print(const char* name, const char* message) {
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", name, message);
}

}  // namespace

void (*hear)(const char*, const char*) = print;

bool complain(const char* name, const char* format, ...) {
    char message[1024];
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof message, format, values);
    va_end(values);
    hear(name, message);
    return false;
}

// SPDX-License-Identifier: 0BSD
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

text::~text() { free(data); }

void text::release() {
    free(data);
    data = nullptr;
    length = room = 0;
}

bool text::reserve(size_t more) {
    if (length + more + 1 <= room) return true;
    size_t wanted = room == 0 ? 1024 : room;
    while (wanted < length + more + 1) wanted *= 2;
    char* const grown = static_cast<char*>(realloc(data, wanted));
    if (grown == nullptr) return false;
    data = grown;
    room = wanted;
    return true;
}

void text::add(const char* bytes, size_t count) {
    if (!reserve(count)) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    memcpy(data + length, bytes, count);
    length += count;
    data[length] = 0;
}

void text::add(const char* zero_terminated) { add(zero_terminated, strlen(zero_terminated)); }

void text::addf(const char* format, ...) {
    char piece[512];
    va_list values;
    va_start(values, format);
    const int count = vsnprintf(piece, sizeof piece, format, values);
    va_end(values);
    if (count > 0) add(piece, static_cast<size_t>(count) < sizeof piece ? static_cast<size_t>(count) : sizeof piece - 1);
}

void text::add_string(const char* zero_terminated) {
    add("\"", 1);
    for (const char* at = zero_terminated == nullptr ? "" : zero_terminated; *at != 0; ++at) {
        const unsigned char letter = static_cast<unsigned char>(*at);
        if (letter == '"' || letter == '\\') {
            add("\\", 1);
            add(at, 1);
        } else if (letter < 32 || letter == '{' || letter == '}') {
            addf("\\u%04x", static_cast<unsigned>(letter));
        } else {
            add(at, 1);
        }
    }
    add("\"", 1);
}

void text::add_number(float value) {
    if (isfinite(value)) {
        addf("%.9g", static_cast<double>(value));
    } else {
        add("null");
    }
}

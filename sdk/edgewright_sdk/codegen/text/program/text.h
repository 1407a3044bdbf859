// SPDX-License-Identifier: 0BSD
// Growing text, and JSON written into it.
#pragma once
#include <stddef.h>

struct text {
    char* data = nullptr;
    size_t length = 0;
    size_t room = 0;

    text() = default;
    text(const text&) = delete;
    text& operator=(const text&) = delete;
    ~text();

    void clear() { length = 0; }
    // Gives the memory back too.
    void release();
    // Room for `more` further bytes, which the caller may fill; false when there is no memory.
    bool reserve(size_t more);
    void add(const char* bytes, size_t count);
    void add(const char* zero_terminated);
    void addf(const char* format, ...) __attribute__((format(printf, 2, 3)));

    // "..." with escapes. Braces are escaped too: some clients of the runner protocol count them.
    void add_string(const char* zero_terminated);
    // Nine significant digits, which read back as the same float; null for what JSON can't say.
    void add_number(float value);
};

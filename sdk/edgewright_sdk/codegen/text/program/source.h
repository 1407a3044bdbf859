// SPDX-License-Identifier: 0BSD
// Where bytes come from: a file, or standard input, read once from front to back.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct source {
    FILE* file;
    const char* name;  // for messages

    // The next byte without taking it; -1 at the end.
    int peek();
    int take() { return getc(file); }
    // True when all of `count` bytes were there.
    bool read(void* to, size_t count) { return fread(to, 1, count, file) == count; }
    bool skip(uint64_t count);
};

uint16_t little16(const uint8_t* at);
uint32_t little32(const uint8_t* at);
uint32_t big32(const uint8_t* at);

// Where complaints go: standard error, unless a program asks for them.
extern void (*hear)(const char* name, const char* message);
// Say "NAME: message". Always false.
bool complain(const char* name, const char* format, ...) __attribute__((format(printf, 2, 3)));

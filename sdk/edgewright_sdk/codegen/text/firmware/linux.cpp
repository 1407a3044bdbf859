// SPDX-License-Identifier: 0BSD
// What a self-test needs of a C library under Linux, and nothing else: to begin, to print and to end. With it a program for
// another processor is compiled in seconds, without a C library being compiled for that processor first.
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

int main();

namespace {

long call(long number, long a, const void* b, long c) {
#if defined(__aarch64__)
    register long x8 asm("x8") = number;
    register long x0 asm("x0") = a;
    register const void* x1 asm("x1") = b;
    register long x2 asm("x2") = c;
    asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
#else
    long result;
    asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
#endif
}

#if defined(__aarch64__)
constexpr long write_number = 64, exit_number = 94;
#else
constexpr long write_number = 1, exit_number = 231;
#endif

void put(const char* text, size_t length) {
    while (length > 0) {
        const long written = call(write_number, 1, text, static_cast<long>(length));
        if (written <= 0) call(exit_number, 9, nullptr, 0);
        text += written;
        length -= static_cast<size_t>(written);
    }
}

void put_whole(uint64_t value) {
    char text[20];
    size_t at = sizeof text;
    do {
        text[--at] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    put(text + at, sizeof text - at);
}

// Nine digits and an exponent.
void put_number(double value) {
    if (value < 0.0) {
        put("-", 1);
        value = -value;
    }
    int exponent = 0;
    for (; value >= 10.0; value /= 10.0) ++exponent;
    for (; value > 0.0 && value < 1.0; value *= 10.0) --exponent;
    uint64_t digits = static_cast<uint64_t>(value * 1e8 + 0.5);
    if (digits >= 1000000000u) {
        digits /= 10;
        ++exponent;
    }
    put_whole(digits);
    put("e", 1);
    exponent -= digits == 0 ? 0 : 8;
    if (exponent < 0) put("-", 1);
    put_whole(static_cast<uint64_t>(exponent < 0 ? -exponent : exponent));
}

}  // namespace

// %s, %d and %.9g: what a self-test prints.
extern "C" int printf(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    while (*format != 0) {
        if (*format != '%') {
            size_t plain = 0;
            while (format[plain] != 0 && format[plain] != '%') ++plain;
            put(format, plain);
            format += plain;
        } else if (format[1] == 's') {
            const char* const text = va_arg(arguments, const char*);
            put(text, strlen(text));
            format += 2;
        } else if (format[1] == 'd') {
            const int value = va_arg(arguments, int);
            if (value < 0) put("-", 1);
            put_whole(static_cast<uint64_t>(value < 0 ? -static_cast<int64_t>(value) : value));
            format += 2;
        } else {
            put_number(va_arg(arguments, double));
            format += 4;
        }
    }
    va_end(arguments);
    return 0;
}

extern "C" __attribute__((used)) void begin() { call(exit_number, main(), nullptr, 0); }

extern "C" __attribute__((naked)) void _start() {
#if defined(__aarch64__)
    asm volatile("mov x29, #0\nmov x30, #0\nbl begin\n");
#else
    asm volatile("xor %ebp, %ebp\nand $-16, %rsp\ncall begin\n");
#endif
}

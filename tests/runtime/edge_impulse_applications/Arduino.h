// What a sketch calls of an Arduino core, on a computer: serial output is standard output, time stands still.
#pragma once
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define round(x) ((x) >= 0 ? (long)((x) + 0.5) : (long)((x)-0.5))
#define abs(x) ((x) > 0 ? (x) : -(x))
#define DEFAULT 1

struct SerialPort {
    void begin(unsigned long) {}
    operator bool() const { return true; }
    void print(const char* text) { fputs(text, stdout); }
    void print(double value, int digits) { printf("%.*f", digits, value); }
    void println(const char* text = "") { puts(text); }
    void write(char c) { putchar(c); }
    int available() { return 0; }
    int read() { return -1; }
};
static SerialPort Serial __attribute__((unused));

inline unsigned long millis() { return 1000; }
inline unsigned long micros() { return 1000000; }
inline void delay(unsigned long) {}

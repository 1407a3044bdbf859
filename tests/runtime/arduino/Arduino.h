// As much of the Arduino core as the example sketches call, on standard input and output.
#ifndef ARDUINO_H
#define ARDUINO_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What cores define, and what has broken libraries before.
#define A0 14
#define F(text) text
#define PI 3.1415926535897932384626433832795
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define abs(x) ((x) > 0 ? (x) : -(x))
#define round(x) ((x) >= 0 ? (long)((x) + 0.5) : (long)((x) - 0.5))
#define B1 1
typedef uint8_t byte;
typedef bool boolean;

struct SerialPort {
    int next = -2;  // -2: not looked yet, -1: no more
    void begin(unsigned long) {}
    int available() {
        if (next == -2) next = getchar();
        return next >= 0 ? 1 : 0;
    }
    int read() {
        const int letter = available() ? next : -1;
        if (letter >= 0) next = -2;
        return letter;
    }
    void print(const char* text) { fputs(text, stdout); }
    void print(char letter) { putchar(letter); }
    void print(float value, int digits) { printf("%.*f", digits, static_cast<double>(value)); }
    void println() { putchar('\n'); }
    void println(const char* text) { puts(text); }
};
extern SerialPort Serial;

unsigned long micros();
int analogRead(int pin);
void setup();
void loop();

#endif

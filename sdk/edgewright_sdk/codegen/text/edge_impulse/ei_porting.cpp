// SPDX-License-Identifier: 0BSD
// The platform functions on Linux, macOS and Arduino; weak, so that an application may bring its own. Elsewhere it must.
#include "@porting@"

#if defined(ARDUINO) || defined(__linux__) || defined(__APPLE__)

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define EI_WEAK __attribute__((weak))

#ifdef ARDUINO
#include <Arduino.h>

EI_WEAK EI_IMPULSE_ERROR ei_sleep(int32_t time_ms) {
    delay(static_cast<unsigned long>(time_ms));
    return EI_IMPULSE_OK;
}

EI_WEAK uint64_t ei_read_timer_us(void) { return micros(); }

EI_WEAK uint64_t ei_read_timer_ms(void) { return millis(); }

EI_WEAK void ei_printf(const char* format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    Serial.print(text);
}

// Formats of several cores leave %f out.
EI_WEAK void ei_printf_float(float f) { Serial.print(f, 6); }

EI_WEAK void ei_putchar(char c) { Serial.write(c); }

EI_WEAK char ei_getchar(void) { return static_cast<char>(Serial.available() > 0 ? Serial.read() : 0); }

#else
#include <time.h>
#include <unistd.h>

EI_WEAK EI_IMPULSE_ERROR ei_sleep(int32_t time_ms) {
    usleep(static_cast<useconds_t>(time_ms) * 1000);
    return EI_IMPULSE_OK;
}

EI_WEAK uint64_t ei_read_timer_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1000000u + static_cast<uint64_t>(now.tv_nsec) / 1000u;
}

EI_WEAK uint64_t ei_read_timer_ms(void) { return ei_read_timer_us() / 1000u; }

EI_WEAK void ei_printf(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

EI_WEAK void ei_printf_float(float f) { ei_printf("%f", static_cast<double>(f)); }

EI_WEAK void ei_putchar(char c) { putchar(c); }

EI_WEAK char ei_getchar(void) { return static_cast<char>(getchar()); }

#endif

EI_WEAK EI_IMPULSE_ERROR ei_run_impulse_check_canceled(void) { return EI_IMPULSE_OK; }

EI_WEAK void* ei_malloc(size_t size) { return malloc(size); }

EI_WEAK void* ei_calloc(size_t nitems, size_t size) { return calloc(nitems, size); }

EI_WEAK void ei_free(void* ptr) { free(ptr); }

#endif

// SPDX-License-Identifier: Apache-2.0
// Counts the instructions of FFTs, bare metal under QEMU with -icount shift=0: an instruction takes one nanosecond of
// the board's time then, and the 25 MHz timer of the core ticks every 40. Prints by semihosting, a line a length: length, our
// instructions, the peer's, ours with the peer as its back end, and by how much both spectra of ours differ from the peer's
// (in 1e-9).
#include "edgewright/fft.h"
#include "sine.h"

namespace cmsis_backed {
void ew_rfft(float* values, int32_t length, const float* quarter_wave, float* spectrum);
}

extern "C" {
int cmsis_init(int length);
void cmsis_rfft(float* values, float* spectrum);
void reset();
void begin();
}

extern "C" __attribute__((section(".vectors"), used)) void* const vectors[2] = {
    reinterpret_cast<void*>(0x20400000), reinterpret_cast<void*>(reset)};

namespace {

constexpr int32_t longest = 4096;
constexpr int32_t rounds = 64;
constexpr uint32_t nanoseconds_a_tick = 40;
volatile uint32_t* const timer = reinterpret_cast<volatile uint32_t*>(0xE000E010);  // SysTick, counts down

float source[longest];
float values[longest];
float ours[longest];
float theirs[longest];
float backed[longest];
float wave[longest / 4 + 1];

int32_t host(int32_t operation, const void* argument) {
    register int32_t r0 asm("r0") = operation;
    register const void* r1 asm("r1") = argument;
    asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void print(uint32_t number, const char* end) {
    char text[12];
    char* first = text + sizeof text - 1;
    *first = 0;
    do {
        *--first = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    host(4, first);
    host(4, end);
}

template <class Work>
uint32_t instructions(int32_t length, Work work) {
    const uint32_t start = timer[2];
    for (int32_t i = 0; i < rounds; ++i) {
        for (int32_t k = 0; k < length; ++k) values[k] = source[k];
        asm volatile("" ::: "memory");
        work();
    }
    const uint32_t ticks = (start - timer[2]) & 0xffffff;
    return ticks * nanoseconds_a_tick / rounds;
}

float apart(float a, float b) { return a > b ? a - b : b - a; }

// The peer keeps both parts of a bin side by side, and bin length/2 behind bin 0.
float difference(const float* ours, int32_t length) {
    const int32_t half = length / 2;
    float most = apart(ours[0], theirs[0]);
    const float last = apart(ours[half], theirs[1]);
    if (last > most) most = last;
    for (int32_t k = 1; k < half; ++k) {
        const float re = apart(ours[k], theirs[2 * k]);
        const float im = apart(ours[length - k], theirs[2 * k + 1]);
        if (re > most) most = re;
        if (im > most) most = im;
    }
    return most;
}

void measure(int32_t length) {
    for (int32_t k = 0; k <= length / 4; ++k) wave[k] = sine[k * (longest / length)];
    if (cmsis_init(length) != 0) return;
    const uint32_t copy = instructions(length, [] {});
    const uint32_t own = instructions(length, [=] { bench::ew_rfft(values, length, wave, ours); });
    const uint32_t other = instructions(length, [] { cmsis_rfft(values, theirs); });
    print(static_cast<uint32_t>(length), " ");
    print(own - copy, " ");
    print(other - copy, " ");
    const uint32_t third = instructions(length, [=] { cmsis_backed::ew_rfft(values, length, wave, backed); });
    print(third - copy, " ");
    print(static_cast<uint32_t>(difference(ours, length) * 1e9f), " ");
    print(static_cast<uint32_t>(difference(backed, length) * 1e9f), "\n");
}

}  // namespace

extern "C" void* memcpy(void* to, const void* from, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) static_cast<char*>(to)[i] = static_cast<const char*>(from)[i];
    return to;
}

extern "C" void* memset(void* to, int value, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) static_cast<char*>(to)[i] = static_cast<char>(value);
    return to;
}

extern "C" __attribute__((used)) void begin() {
    timer[1] = 0xffffff;
    timer[2] = 0;
    timer[0] = 5;  // on, from the core's clock
    uint32_t state = 1;
    for (float& value : source) {
        state = state * 1664525u + 1013904223u;
        value = static_cast<float>(static_cast<int32_t>(state)) / 2147483648.0f;
    }
    for (int32_t length = 32; length <= longest; length *= 2) measure(length);
    host(0x18, reinterpret_cast<const void*>(0x20026));  // the program ended well
    for (;;) {
    }
}

// Switches the FPU on.
extern "C" __attribute__((naked)) void reset() {
    asm volatile(
        "ldr r0, =0xE000ED88\n"
        "ldr r1, [r0]\n"
        "orr r1, r1, #0xF00000\n"
        "str r1, [r0]\n"
        "dsb\n"
        "isb\n"
        "b begin\n");
}

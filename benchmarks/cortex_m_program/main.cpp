// SPDX-License-Identifier: Apache-2.0
// Counts the instructions of FFTs, bare metal under QEMU as the block footprint does (cortex_m.h). Prints a line a length: length, our
// instructions, the peer's, ours with the peer as its back end, and by how much both spectra of ours differ from the peer's
// (in 1e-9).
#include "cortex_m.h"
#include "edgewright/fft.h"
#include "sine.h"

namespace cmsis_backed {
void ew_rfft(float* values, int32_t length, const float* quarter_wave, float* spectrum);
}

extern "C" {
int cmsis_init(int length);
void cmsis_rfft(float* values, float* spectrum);
}

namespace {

constexpr int32_t longest = 4096;

float source[longest];
float values[longest];
float ours[longest];
float theirs[longest];
float backed[longest];
float wave[longest / 4 + 1];

template <class Work>
uint64_t instructions(int32_t length, Work work) {
    return elapsed(rounds, [=] {
               for (int32_t k = 0; k < length; ++k) values[k] = source[k];
               asm volatile("" ::: "memory");
               work();
           }) / rounds;
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
    const uint64_t copy = instructions(length, [] {});
    const uint64_t own = instructions(length, [=] { bench::ew_rfft(values, length, wave, ours); });
    const uint64_t other = instructions(length, [] { cmsis_rfft(values, theirs); });
    print(static_cast<uint32_t>(length), " ");
    print(own - copy, " ");
    print(other - copy, " ");
    const uint64_t third = instructions(length, [=] { cmsis_backed::ew_rfft(values, length, wave, backed); });
    print(third - copy, " ");
    print(static_cast<uint32_t>(difference(ours, length) * 1e9f), " ");
    print(static_cast<uint32_t>(difference(backed, length) * 1e9f), "\n");
}

void count_all() {
    uint32_t state = 1;
    for (float& value : source) {
        state = state * 1664525u + 1013904223u;
        value = static_cast<float>(static_cast<int32_t>(state)) / 2147483648.0f;
    }
    for (int32_t length = 32; length <= longest; length *= 2) measure(length);
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

EW_MAIN

// SPDX-License-Identifier: 0BSD
// A Cortex-M under QEMU with -icount shift=0: an instruction takes a nanosecond of the board's time, and the timer of the MPS2
// boards ticks every 40. Prints by semihosting.
#include <stddef.h>
#include <stdint.h>

extern "C" void reset();
extern "C" __attribute__((section(".vectors"), used)) void* const vectors[2] = {
    reinterpret_cast<void*>(0x20400000), reinterpret_cast<void*>(reset)};

namespace {

constexpr uint64_t nanoseconds_a_tick = 40;
constexpr uint64_t once_above = 400000;  // instructions from which a tick more or less is nothing
constexpr int32_t rounds = 64;
constexpr int32_t painted = 16384;  // words of stack
volatile uint32_t* const timer = reinterpret_cast<volatile uint32_t*>(0x40000000);  // control, value, reload; counts down

int32_t host(int32_t operation, const void* argument) {
    register int32_t r0 asm("r0") = operation;
    register const void* r1 asm("r1") = argument;
    asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void print(uint64_t number, const char* end) {
    char text[24];
    char* first = text + sizeof text - 1;
    *first = 0;
    do {
        *--first = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    host(4, first);
    host(4, end);
}

void line(char what, int32_t number, uint64_t value) {
    const char text[3] = {what, ' ', 0};
    host(4, text);
    print(static_cast<uint64_t>(number), " ");
    print(value, "\n");
}

template <class Work>
uint64_t elapsed(int32_t times, Work work) {
    const uint32_t start = timer[1];
    for (int32_t i = 0; i < times; ++i) {
        work();
        asm volatile("" ::: "memory");
    }
    return static_cast<uint64_t>(start - timer[1]) * nanoseconds_a_tick;
}

template <class Work>
void count(char what, int32_t last, Work work) {
    uint64_t found = elapsed(1, work);
    if (found < once_above) found = elapsed(rounds, work) / rounds;
    line(what, last, found);
}

// Paints the stack below here, works, and looks how far down it was written.
template <class Work>
__attribute__((noinline)) void deepest(Work work) {
    volatile uint32_t* const here = static_cast<uint32_t*>(__builtin_frame_address(0)) - 32;
    for (int32_t i = 0; i < painted; ++i) here[-i] = 0xA5A5A5A5u;
    work();
    int32_t i = painted;
    while (i > 0 && here[1 - i] == 0xA5A5A5A5u) --i;
    line('k', 0, static_cast<uint64_t>(i + 32) * 4);
}

}  // namespace

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

#define EW_MAIN                                                                \
    extern "C" __attribute__((used)) void begin() {                            \
        timer[2] = timer[1] = 0xffffffffu;                                     \
        timer[0] = 1;                                                          \
        count_all();                                                           \
        host(0x18, reinterpret_cast<const void*>(0x20026)); /* ended well */   \
        for (;;) {                                                             \
        }                                                                      \
    }

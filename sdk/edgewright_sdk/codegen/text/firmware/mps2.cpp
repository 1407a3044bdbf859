// SPDX-License-Identifier: 0BSD
// Starts a program on the MPS2 boards (AN386: Cortex-M4, AN500: Cortex-M7), as QEMU has them. What it prints goes to the first
// UART; it ends the machine when main returns.
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

extern "C" {
int main();
void reset();
void begin();
extern char heap_begin, heap_end, stack_top;
extern char bss_begin, bss_end;
}

extern "C" __attribute__((section(".vectors"), used)) void* const vectors[2] = {&stack_top, reinterpret_cast<void*>(reset)};

namespace {

volatile uint32_t* const timer = reinterpret_cast<volatile uint32_t*>(0x40000000);  // control, value, reload
volatile uint32_t* const uart = reinterpret_cast<volatile uint32_t*>(0x40004000);   // data, state, control, -, divider

void put(char c) {
    while ((uart[1] & 1) != 0) {
    }
    uart[0] = static_cast<uint8_t>(c);
}

[[noreturn]] void end(bool well) {
    register int32_t r0 asm("r0") = 0x18;
    register int32_t r1 asm("r1") = well ? 0x20026 : 0x20023;
    for (;;) asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

}  // namespace

// What the C library asks of a system.
extern "C" {
int _write(int, const char* text, int length) {
    for (int i = 0; i < length; ++i) put(text[i]);
    return length;
}

void* _sbrk(ptrdiff_t bytes) {
    static char* free_from = &heap_begin;
    if (bytes > &heap_end - free_from) {
        errno = ENOMEM;
        return reinterpret_cast<void*>(-1);
    }
    char* const given = free_from;
    free_from += bytes;
    return given;
}

int _close(int) { return -1; }
int _fstat(int, struct stat* status) {
    status->st_mode = S_IFCHR;
    return 0;
}
int _isatty(int) { return 1; }
int _lseek(int, int, int) { return 0; }
int _read(int, char*, int) { return 0; }
int _kill(int, int) { return -1; }
int _getpid() { return 1; }
[[noreturn]] void _exit(int code) { end(code == 0); }

__attribute__((used)) void begin() {
    for (char* p = &bss_begin; p != &bss_end; ++p) *p = 0;
    uart[4] = 16;
    uart[2] = 1;
    timer[2] = 0xffffffffu;
    timer[1] = 0xffffffffu;
    timer[0] = 1;
    end(main() == 0);
}

// Any fault ends here too, by a vector that holds no handler.
__attribute__((naked)) void reset() {
    asm volatile(
        "ldr r0, =0xE000ED88\n"  // the FPU's access
        "ldr r1, [r0]\n"
        "orr r1, r1, #0xF00000\n"
        "str r1, [r0]\n"
        "dsb\n"
        "isb\n"
        "b begin\n");
}
}

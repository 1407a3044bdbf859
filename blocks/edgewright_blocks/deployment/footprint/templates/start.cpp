// SPDX-License-Identifier: 0BSD
// Where a program without a C library begins, to be linked for its size.
extern "C" void begin(void);
extern "C" __attribute__((used)) void reset(void) { begin(); }

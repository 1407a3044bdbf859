// SPDX-License-Identifier: 0BSD
// The clock of the MPS2 boards that a self-test is timed by: a timer of 32 bits at 25 MHz, which counts down.
#pragma once
#include <stdint.h>

#define EW_SELFTEST_TICKS (0xffffffffu - *reinterpret_cast<volatile uint32_t*>(0x40000004))
#define EW_SELFTEST_TICKS_PER_SECOND 25000000u

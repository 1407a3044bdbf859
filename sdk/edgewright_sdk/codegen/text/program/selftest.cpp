// SPDX-License-Identifier: 0BSD
// The package's self-test is a program of its own; here it is one of this program's functions.
#include "impulse.h"

#if IMPULSE_SELFTEST
#define main run_selftest
#include "selftest/selftest.cpp"
#endif

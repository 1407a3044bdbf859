// SPDX-License-Identifier: 0BSD
// The package's self-test is a program of its own; here it is one of this program's functions.
#include "selftest.h"

#include "impulse.h"

#if IMPULSE_SELFTEST
#define main run_selftest
#include "selftest/selftest.cpp"
#undef main

int selftest() { return run_selftest(); }
#else
#include "source.h"

int selftest() {
    complain("--selftest", "this was built without self-test data; deploy with selftest-data: recorded or synthetic");
    return 2;
}
#endif

// SPDX-License-Identifier: Apache-2.0
// The few C math functions that runtime and device code call. Include it in a .cpp only, and never beside <math.h>.
#ifndef EDGEWRIGHT_SCALAR_H
#define EDGEWRIGHT_SCALAR_H

extern "C" {
float sqrtf(float x);
float log10f(float x);
float logf(float x);
float expf(float x);
}

#endif

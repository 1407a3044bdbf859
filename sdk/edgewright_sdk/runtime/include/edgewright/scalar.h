// SPDX-License-Identifier: Apache-2.0
// The few C math functions that runtime and device code call. Include it in a .cpp only, and never beside <math.h>.
#ifndef EDGEWRIGHT_SCALAR_H
#define EDGEWRIGHT_SCALAR_H

#include "edgewright/node.h"

extern "C" {
float sqrtf(float x);
float log10f(float x);
float logf(float x);
float expf(float x);
}

namespace EW_NS {

// The processor's instruction, also where compilers were told that there is no C library.
inline float ew_sqrt(float x) {
#if defined(__GNUC__)
    return __builtin_sqrtf(x);
#else
    return sqrtf(x);
#endif
}

}  // namespace EW_NS

#endif

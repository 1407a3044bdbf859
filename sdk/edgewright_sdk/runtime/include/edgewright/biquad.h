// SPDX-License-Identifier: Apache-2.0
// Cascade of second-order sections, transposed direct form II, causal.
#ifndef EDGEWRIGHT_BIQUAD_H
#define EDGEWRIGHT_BIQUAD_H

#include "edgewright/node.h"

namespace EW_NS {

// Filter `count` values in place through `sections` sections. `coefficients` has 5 values a section: b0 b1 b2 a1 a2
// with a0 = 1. `state` has 2 values a section and is carried on; null starts each section from zero.
void ew_biquad_cascade(float* values, int32_t count, const float* coefficients, int32_t sections, float* state);

}  // namespace EW_NS

#endif

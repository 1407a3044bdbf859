// SPDX-License-Identifier: Apache-2.0
// Logarithms of many values, without a call or a branch for each.
#ifndef EDGEWRIGHT_LOGARITHM_H
#define EDGEWRIGHT_LOGARITHM_H

#include "edgewright/node.h"

namespace EW_NS {

// What turns a natural logarithm into one to the base of 10.
constexpr float ew_decades = 0.43429448190325183f;

// Replace each of `count` finite values above 0 by `factor` times its natural logarithm, to 3e-7 of it.
void ew_logarithms(float* values, int32_t count, float factor);

}  // namespace EW_NS

#endif

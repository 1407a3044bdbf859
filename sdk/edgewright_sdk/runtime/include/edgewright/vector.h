// SPDX-License-Identifier: Apache-2.0
// Operations on float vectors, in four lanes so that compilers use the SIMD unit without reordering sums.
#ifndef EDGEWRIGHT_VECTOR_H
#define EDGEWRIGHT_VECTOR_H

#include "edgewright/node.h"

namespace EW_NS {

// Sum of (a[i] - b[i])^2.
float ew_squared_distance(const float* a, const float* b, int32_t count);

// Sum of a[i] b[i].
float ew_dot(const float* a, const float* b, int32_t count);

// Sum of all values, piece by piece, so that the error grows with the number of pieces only.
float ew_total(const float* values, int32_t count);

// True when no value is NaN or infinite (also under -ffast-math).
bool ew_all_finite(const float* values, int32_t count);

}  // namespace EW_NS

#endif

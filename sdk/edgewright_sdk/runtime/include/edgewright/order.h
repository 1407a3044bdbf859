// SPDX-License-Identifier: Apache-2.0
// Values by their order and their histogram.
#ifndef EDGEWRIGHT_ORDER_H
#define EDGEWRIGHT_ORDER_H

#include "edgewright/node.h"

namespace EW_NS {

// Sort in place, ascending (heap sort: no recursion, no further memory).
void ew_sort(float* values, int32_t count);

// The n-th largest (1: the largest) of `count` values, or of those that `chosen` has `count` places of, where it isn't null.
// No further memory: it takes as many passes as there are different values down to it.
float ew_nth_largest(const float* values, const int32_t* chosen, int32_t count, int32_t n);

// Entropy, in nats, of the histogram over `bins` equal bins between `minimum` and `maximum`; 0 where these are equal.
// `counts` has `bins` values.
float ew_entropy(const float* values, int32_t count, float minimum, float maximum, int32_t* counts, int32_t bins);

// How often `values` go from above `level` to not above it or back, as a share of their count.
float ew_crossings(const float* values, int32_t count, float level);

}  // namespace EW_NS

#endif

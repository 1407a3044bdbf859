// SPDX-License-Identifier: Apache-2.0
// Keeping every n-th sample after a sharp low-pass filter.
#ifndef EDGEWRIGHT_DECIMATE_H
#define EDGEWRIGHT_DECIMATE_H

#include "edgewright/node.h"

namespace EW_NS {

// Values of one stage's filter: 4 sections × (b0 b1 b2 a1 a2 z0 z1), each number a pair of floats that sum up to it.
constexpr int32_t ew_decimator_values = 4 * 7 * 2;

// Filter `values` in place, settled on the first one, and keep every `ratio`-th from the first on. Returns how many
// are left. In double precision, which the sharpness of the filter needs.
int32_t ew_decimate(float* values, int32_t count, int32_t ratio, const float* filter);

}  // namespace EW_NS

#endif

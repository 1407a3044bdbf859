// SPDX-License-Identifier: Apache-2.0
// Weighted sums.
#ifndef EDGEWRIGHT_LINEAR_H
#define EDGEWRIGHT_LINEAR_H

#include "edgewright/node.h"

namespace EW_NS {

// raw[k] = bias[k] + sum of weights[k][i] x[i] over `inputs` values, in four lanes; k below `outputs`.
void ew_linear(const float* x, int32_t inputs, const float* weights, const float* bias, int32_t outputs, float* raw);

}  // namespace EW_NS

#endif

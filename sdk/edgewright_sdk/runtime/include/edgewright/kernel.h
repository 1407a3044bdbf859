// SPDX-License-Identifier: Apache-2.0
// Support vector machines with a radial kernel.
#ifndef EDGEWRIGHT_KERNEL_H
#define EDGEWRIGHT_KERNEL_H

#include "edgewright/node.h"

namespace EW_NS {

struct ew_machine {
    int32_t inputs;              // length of x
    int32_t vectors;
    const float* support;        // [vectors][inputs]
    const float* coefficients;   // [vectors][outputs]
    float gamma;
    int32_t outputs;
    const float* bias;           // [outputs]
};

// raw[k] = bias[k] + sum over the vectors v of coefficients[v][k] exp(-gamma |x - v|^2). The sums are compensated, since
// large terms of both signs may leave little: `lost` is workspace of `outputs` floats.
void ew_kernel(const ew_machine& machine, const float* x, float* raw, float* lost);

}  // namespace EW_NS

#endif

// SPDX-License-Identifier: Apache-2.0
// Convolutions as sums of products in registers: a tile of pixels by a panel of channels at a time, read where the values
// lie. A dense layer is a convolution of one pixel.
//
// Weights are panels of 16 output channels, of each group, [panel][kernel_height][kernel_width][in_channels][16]; the last
// one is as wide as what is left.
#ifndef EDGEWRIGHT_NETWORK_GEMM_H
#define EDGEWRIGHT_NETWORK_GEMM_H

#include "edgewright/network.h"

namespace EW_NS {

constexpr int32_t ew_panel = 16;
constexpr float ew_infinity = __builtin_huge_valf();

// Where a convolution's values are, and between which numbers its output stays.
struct ew_convolved {
    const float *in, *weights, *bias;
    const float* residual;  // may be null, and may be `out`
    float* out;
    float low, high;
};

// The call's sizes must have been checked.
void ew_convolve_panels(const ew_convolve& call, const ew_convolved& values);

}  // namespace EW_NS

#endif

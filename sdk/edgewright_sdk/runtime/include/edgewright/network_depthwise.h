// SPDX-License-Identifier: Apache-2.0
// Convolutions of each channel by itself. Weights are [kernel_height][kernel_width][channels].
#ifndef EDGEWRIGHT_NETWORK_DEPTHWISE_H
#define EDGEWRIGHT_NETWORK_DEPTHWISE_H

#include "edgewright/network_gemm.h"

namespace EW_NS {

// The call's sizes must have been checked.
void ew_convolve_depthwise(const ew_convolve& call, const ew_convolved& values);

}  // namespace EW_NS

#endif

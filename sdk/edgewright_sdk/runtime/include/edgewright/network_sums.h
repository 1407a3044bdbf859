// SPDX-License-Identifier: Apache-2.0
// Calls of networks that add up products: convolutions, a dense layer being one of single pixels.
#ifndef EDGEWRIGHT_NETWORK_SUMS_H
#define EDGEWRIGHT_NETWORK_SUMS_H

#include "edgewright/network.h"

namespace EW_NS {

bool ew_run_convolve(const ew_program& program, const ew_convolve& call);

}  // namespace EW_NS

#endif

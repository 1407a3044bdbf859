// SPDX-License-Identifier: Apache-2.0
// Convolutions and dense layers in int8.
#ifndef EDGEWRIGHT_NETWORK_INT8_SUMS_H
#define EDGEWRIGHT_NETWORK_INT8_SUMS_H

#include "edgewright/network_int8.h"

namespace EW_NS {

bool ew_run_convolve8(const ew_program& program, const ew_convolve8& call);

}  // namespace EW_NS

#endif

// SPDX-License-Identifier: Apache-2.0
// Calls of networks that walk tensors by strides: arithmetic with repetition, and values put elsewhere.
#ifndef EDGEWRIGHT_NETWORK_STRIDES_H
#define EDGEWRIGHT_NETWORK_STRIDES_H

#include "edgewright/network.h"

namespace EW_NS {

bool ew_run_combine(const ew_program& program, const ew_combine& call);
bool ew_run_fill(const ew_program& program, const ew_fill& call);
bool ew_run_copy(const ew_program& program, const ew_copy& call);

}  // namespace EW_NS

#endif

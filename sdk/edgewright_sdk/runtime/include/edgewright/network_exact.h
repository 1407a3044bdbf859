// SPDX-License-Identifier: Apache-2.0
// float32 with the same bits everywhere: single operations, each rounded, in a fixed order.
#ifndef EDGEWRIGHT_NETWORK_EXACT_H
#define EDGEWRIGHT_NETWORK_EXACT_H

#include "edgewright/network_int8.h"

namespace EW_NS {

bool ew_run_exact(const ew_program& program, const ew_exact& call);

}  // namespace EW_NS

#endif

// SPDX-License-Identifier: Apache-2.0
// Calls of networks that take each value by itself, or along one axis.
#ifndef EDGEWRIGHT_NETWORK_VALUES_H
#define EDGEWRIGHT_NETWORK_VALUES_H

#include "edgewright/network.h"

namespace EW_NS {

// Apply an activation; `out` may be `in`. `numbers` are a and b, null where it takes none. False for one that there isn't.
bool ew_activated(const float* in, float* out, int32_t count, int32_t activation, const float* numbers);

// a and b of a call; `known` is false where they lie beyond the weights. Null where there are none.
const float* ew_activation_numbers(const ew_program& program, int32_t numbers, bool& known);

bool ew_run_activate(const ew_program& program, const ew_activate& call);
bool ew_run_softmax(const ew_program& program, const ew_softmax& call);
bool ew_run_reduce(const ew_program& program, const ew_reduce& call);
bool ew_run_pool(const ew_program& program, const ew_pool& call);

}  // namespace EW_NS

#endif

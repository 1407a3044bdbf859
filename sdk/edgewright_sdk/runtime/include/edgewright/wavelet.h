// SPDX-License-Identifier: Apache-2.0
// One step of a discrete wavelet transform.
#ifndef EDGEWRIGHT_WAVELET_H
#define EDGEWRIGHT_WAVELET_H

#include "edgewright/node.h"

namespace EW_NS {

// Filter `count` values, mirrored beyond their ends, and keep every second: writes (count + taps - 1) / 2 values to
// `out`, which may not be `values`. Returns how many.
int32_t ew_wavelet_step(const float* values, int32_t count, const float* filter, int32_t taps, float* out);

}  // namespace EW_NS

#endif

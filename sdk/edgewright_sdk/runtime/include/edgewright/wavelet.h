// SPDX-License-Identifier: Apache-2.0
// One step of a discrete wavelet transform.
#ifndef EDGEWRIGHT_WAVELET_H
#define EDGEWRIGHT_WAVELET_H

#include "edgewright/node.h"

namespace EW_NS {

// Subtract their mean from `count` >= 1 values, rounded as numpy rounds that of float32: where a part of the signal is 0 but for
// rounding, its sign counts. A constant becomes 0.
void ew_wavelet_centre(float* values, int32_t count);

// Filter `count` values, mirrored beyond their ends, and keep every second: writes (count + taps - 1) / 2 values to
// `out`, which may not be `values`. Returns how many. Products are summed up in the order in which PyWavelets does it.
int32_t ew_wavelet_step(const float* values, int32_t count, const float* filter, int32_t taps, float* out);

}  // namespace EW_NS

#endif

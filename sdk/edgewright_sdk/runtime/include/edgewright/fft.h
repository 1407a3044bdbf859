// SPDX-License-Identifier: Apache-2.0
// Real FFT of any power of two from 2 on, in place, with a quarter wave of sines as its only table.
#ifndef EDGEWRIGHT_FFT_H
#define EDGEWRIGHT_FFT_H

#include "edgewright/node.h"

namespace EW_NS {

// Transform `length` real values in place. `quarter_wave` holds sin(2 pi k / length) for k = 0 … length/4
// (length/4 + 1 values). Afterwards values[0] is bin 0 and values[1] bin length/2 (both real); values[2k] and
// values[2k + 1] are the real and imaginary part of bin k = 1 … length/2 - 1. Not scaled, e^(-i…) as in numpy.
void ew_rfft(float* values, int32_t length, const float* quarter_wave);

// The larger of power[k] and |bin k|^2 / length for k = 0 … length/2, of a spectrum as ew_rfft leaves it.
void ew_max_hold_power(const float* spectrum, int32_t length, float* power);

}  // namespace EW_NS

#endif

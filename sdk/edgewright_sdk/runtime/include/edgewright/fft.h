// SPDX-License-Identifier: Apache-2.0
// Real FFT of any power of two from 2 on, with a quarter wave of sines as its only table.
#ifndef EDGEWRIGHT_FFT_H
#define EDGEWRIGHT_FFT_H

#include "edgewright/node.h"

namespace EW_NS {

// Transform `length` real values. `quarter_wave` holds sin(2 pi k / length) for k = 0 … length/4 (length/4 + 1
// values). Afterwards spectrum[k] is the real part of bin k = 0 … length/2, and spectrum[length - k] the imaginary
// part of bin k = 1 … length/2 - 1 (those of bins 0 and length/2 are 0). Not scaled, e^(-i…) as in numpy.
// `values` may be overwritten; `spectrum` has `length` values and overlaps nothing. Calls itself to a depth of
// log2(length) - 2, on a Cortex-M4 with 64 bytes of stack each.
void ew_rfft(float* values, int32_t length, const float* quarter_wave, float* spectrum);

// Replace values[k] by |bin k|^2 / length, k = 0 … length/2; the rest of `values` is undefined then. `work` has
// `length` values.
void ew_power_spectrum(float* values, int32_t length, const float* quarter_wave, float* work);

}  // namespace EW_NS

#endif

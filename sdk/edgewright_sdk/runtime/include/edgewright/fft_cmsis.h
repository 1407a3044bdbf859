// SPDX-License-Identifier: Apache-2.0
// The transform of ew_rfft by CMSIS-DSP, for processors whose vector unit that library knows (Helium of Cortex-M55 and
// later). Define EW_FFT_CMSIS to have it; without it CMSIS-DSP isn't needed.
#ifndef EDGEWRIGHT_FFT_CMSIS_H
#define EDGEWRIGHT_FFT_CMSIS_H

#include "edgewright/node.h"

#ifdef EW_FFT_CMSIS
namespace EW_NS {

// As ew_rfft; false, and nothing done, for lengths that CMSIS-DSP doesn't have (below 32 or above 8192).
bool ew_rfft_cmsis(float* values, int32_t length, const float* quarter_wave, float* spectrum);

}  // namespace EW_NS
#endif

#endif

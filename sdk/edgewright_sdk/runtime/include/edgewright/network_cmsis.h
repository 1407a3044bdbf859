// SPDX-License-Identifier: Apache-2.0
// Convolutions and dense layers in int8 by CMSIS-NN, with the same bits. Define EW_NN_CMSIS to have it; without it CMSIS-NN
// isn't needed.
#ifndef EDGEWRIGHT_NETWORK_CMSIS_H
#define EDGEWRIGHT_NETWORK_CMSIS_H

#include "edgewright/network_int8.h"

#ifdef EW_NN_CMSIS
namespace EW_NS {

// What a call names, each as long as the call says.
struct ew_convolve8_data {
    const int8_t* in;
    const int8_t* weights;
    const int32_t* bias;
    const int32_t* multipliers;
    const int32_t* shifts;
    int8_t* out;
};

// False, and nothing done, for layers that CMSIS-NN doesn't do, or not with these bits, or in more memory than is spare.
bool ew_convolve8_cmsis(const ew_program& program, const ew_convolve8& call, const ew_convolve8_data& data);

}  // namespace EW_NS
#endif

#endif

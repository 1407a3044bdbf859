// SPDX-License-Identifier: Apache-2.0
// A bank of filters over a power spectrum, of each only the bins where it isn't 0.
#ifndef EDGEWRIGHT_MEL_H
#define EDGEWRIGHT_MEL_H

#include "edgewright/node.h"

namespace EW_NS {

struct ew_mel_bank {
    int32_t filters;
    const int16_t* first;   // [filters] first bin
    const int16_t* count;   // [filters] bins
    const float* weights;   // all filters' weights on end
};

// True when no filter reaches beyond a spectrum of `bins`.
bool ew_mel_fits(const ew_mel_bank& bank, int32_t bins);

// energies[f] = sum over bins of weight × power.
void ew_mel_energies(const ew_mel_bank& bank, const float* power, float* energies);

}  // namespace EW_NS

#endif

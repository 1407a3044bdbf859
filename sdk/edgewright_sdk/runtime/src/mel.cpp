// SPDX-License-Identifier: Apache-2.0
#include "edgewright/mel.h"

#include "edgewright/vector.h"

namespace EW_NS {

bool ew_mel_fits(const ew_mel_bank& bank, int32_t bins) {
    if (bank.filters < 1 || bank.first == nullptr || bank.count == nullptr || bank.weights == nullptr) return false;
    for (int32_t f = 0; f < bank.filters; ++f) {
        if (bank.first[f] < 0 || bank.count[f] < 0 || bank.first[f] + bank.count[f] > bins) return false;
    }
    return true;
}

void ew_mel_energies(const ew_mel_bank& bank, const float* power, float* energies) {
    const float* weight = bank.weights;
    for (int32_t f = 0; f < bank.filters; ++f) {
        energies[f] = ew_dot(weight, power + bank.first[f], bank.count[f]);
        weight += bank.count[f];
    }
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
// Standardised features.
#ifndef EDGEWRIGHT_STANDARDISE_H
#define EDGEWRIGHT_STANDARDISE_H

#include "edgewright/node.h"

namespace EW_NS {

// z[i] = (x[selected[i]] - mean[i]) / scale[i], at most 1e15 away, so that sums and squares of them stay finite.
void ew_standardise(const float* x, const int32_t* selected, const float* mean, const float* scale, int32_t count,
                    float* z);

}  // namespace EW_NS

#endif

// SPDX-License-Identifier: Apache-2.0
// Cepstra of a frame, and their normalisation over time.
#ifndef EDGEWRIGHT_CEPSTRA_H
#define EDGEWRIGHT_CEPSTRA_H

#include "edgewright/node.h"

namespace EW_NS {

// out[k] = sum over i of values[i] × matrix[i][k], k < kept: a discrete cosine transform by its matrix.
void ew_dct(const float* values, int32_t count, const float* matrix, int32_t kept, float* out);

// Subtract from each row the mean of the `window` (odd) rows around it, then divide by the deviation of what is left
// around it; beyond the ends the rows are mirrored. In place; `scratch` has 3 (frames + 1) values. A coefficient that
// stands still (range below 1e-6 of its mean) becomes 0.
void ew_sliding_normalise(float* rows, int32_t frames, int32_t width, int32_t window, float* scratch);

}  // namespace EW_NS

#endif

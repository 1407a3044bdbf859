// SPDX-License-Identifier: Apache-2.0
// Choosing columns of a row-major window.
#ifndef EDGEWRIGHT_COLUMNS_H
#define EDGEWRIGHT_COLUMNS_H

#include "edgewright/node.h"

namespace EW_NS {

// Copy `count` chosen columns of each of `rows` rows of `width` values.
void ew_select_columns(const float* values, int32_t rows, int32_t width, const int32_t* chosen, int32_t count,
                       float* out);

}  // namespace EW_NS

#endif

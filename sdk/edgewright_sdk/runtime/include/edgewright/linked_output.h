// SPDX-License-Identifier: Apache-2.0
// What the nodes of predictors end with: from raw outputs to probabilities of classes, or to a number.
#ifndef EDGEWRIGHT_LINKED_OUTPUT_H
#define EDGEWRIGHT_LINKED_OUTPUT_H

#include "edgewright/link.h"

namespace EW_NS {

// The link, then each value into the column of its class; missing classes get 0.
template <class Tables>
ew_status ew_linked_output(const Tables& tables, const float* raw, ew_view& out, ew_arena& scratch) {
    const bool classifies = tables.classes > 0;
    const int32_t width = ew_link_width(tables.link, tables.outputs);
    if (width != (classifies ? tables.known : 1)) return ew_bad_tables;
    if (!ew_is_floats(out, classifies ? tables.classes : 1)) return ew_bad_shape;
    if (!classifies) {
        return ew_link(tables.link, raw, tables.outputs, tables.slopes, tables.offsets, ew_floats(out), scratch);
    }
    float* const values = ew_take<float>(scratch, width);
    if (values == nullptr) return ew_no_memory;
    const ew_status status = ew_link(tables.link, raw, tables.outputs, tables.slopes, tables.offsets, values, scratch);
    if (status != ew_ok) return status;
    float* const probabilities = ew_floats(out);
    for (int32_t i = 0; i < tables.classes; ++i) probabilities[i] = 0.0f;
    for (int32_t i = 0; i < width; ++i) {
        const int32_t column = tables.columns[i];
        if (column < 0 || column >= tables.classes) return ew_bad_tables;
        probabilities[column] = values[i];
    }
    return ew_ok;
}

}  // namespace EW_NS

#endif

// SPDX-License-Identifier: Apache-2.0
#include "linear_model.h"

#include "edgewright/linear.h"
#include "linked_output.h"

namespace EW_NS {

ew_status ew_linear_model(const ew_linear_model_tables& tables, void*, const ew_view* in, ew_view* out,
                          ew_arena& scratch) {
    if (tables.outputs < 1) return ew_bad_tables;
    if (!ew_is_floats(in[0], tables.inputs)) return ew_bad_shape;
    float* const raw = ew_take<float>(scratch, tables.outputs);
    if (raw == nullptr) return ew_no_memory;
    ew_linear(ew_floats(in[0]), tables.inputs, tables.weights, tables.bias, tables.outputs, raw);
    return ew_linked_output(tables, raw, out[0], scratch);
}

}  // namespace EW_NS

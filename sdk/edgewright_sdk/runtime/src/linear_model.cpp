// SPDX-License-Identifier: Apache-2.0
#include "edgewright/linear_model.h"

#include "edgewright/linear.h"
#include "edgewright/linked_output.h"
#include "edgewright/standardise.h"

namespace EW_NS {

ew_status ew_linear_model(const ew_linear_model_tables& tables, void*, const ew_view* in, ew_view* out,
                          ew_arena& scratch) {
    if (tables.outputs < 1 || tables.chosen < 0) return ew_bad_tables;
    if (!ew_is_floats(in[0], tables.inputs)) return ew_bad_shape;
    float* const z = ew_take<float>(scratch, tables.chosen);
    float* const raw = ew_take<float>(scratch, tables.outputs);
    if (z == nullptr || raw == nullptr) return ew_no_memory;
    const float* x = ew_floats(in[0]);
    int32_t count = tables.inputs;
    if (tables.chosen > 0) {
        ew_standardise(x, tables.selected, tables.mean, tables.scale, tables.chosen, z);
        x = z;
        count = tables.chosen;
    }
    ew_linear(x, count, tables.weights, tables.bias, tables.outputs, raw);
    return ew_linked_output(tables, raw, out[0], scratch);
}

}  // namespace EW_NS

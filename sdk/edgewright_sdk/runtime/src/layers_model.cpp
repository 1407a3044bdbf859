// SPDX-License-Identifier: Apache-2.0
#include "edgewright/layers_model.h"

#include "edgewright/layers.h"
#include "edgewright/linked_output.h"
#include "edgewright/standardise.h"

namespace EW_NS {

ew_status ew_layers_model(const ew_layers_model_tables& tables, void*, const ew_view* in, ew_view* out,
                          ew_arena& scratch) {
    if (tables.outputs < 1 || tables.chosen < 1) return ew_bad_tables;
    if (!ew_is_floats(in[0], tables.inputs)) return ew_bad_shape;
    const ew_network network = {tables.layers, tables.table, tables.weights, tables.bias, tables.widest};
    float* const z = ew_take<float>(scratch, tables.chosen);
    float* const buffers = ew_take<float>(scratch, ew_network_scratch(network));
    if (z == nullptr || buffers == nullptr) return ew_no_memory;
    ew_standardise(ew_floats(in[0]), tables.selected, tables.mean, tables.scale, tables.chosen, z);
    const float* raw = nullptr;
    int32_t count = 0;
    const ew_status status = ew_run_network(network, z, tables.chosen, buffers, &raw, &count);
    if (status != ew_ok) return status;
    if (count != tables.outputs) return ew_bad_tables;
    return ew_linked_output(tables, raw, out[0], scratch);
}

}  // namespace EW_NS

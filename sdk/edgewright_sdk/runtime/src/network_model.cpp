// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_model.h"

#include "edgewright/network.h"

namespace EW_NS {

ew_status ew_network_model(const ew_network_model_tables& tables, void*, const ew_view* in, ew_view* out,
                           ew_arena& scratch) {
    if (!ew_is_floats(in[0], tables.inputs) || !ew_is_floats(out[0], tables.outputs)) return ew_bad_shape;
    unsigned char* const arena = ew_take<unsigned char>(scratch, tables.arena);
    if (arena == nullptr) return ew_no_memory;
    const ew_program program = {tables.length,   tables.calls,          tables.weight_count, tables.weights, tables.weight8_count,
                                tables.weights8, tables.weight32_count, tables.weights32,    arena,          tables.arena};
    float* const first = ew_write(program, tables.first, tables.chosen);
    if (first == nullptr) return ew_bad_tables;
    const float* const features = ew_floats(in[0]);
    for (int32_t i = 0; i < tables.chosen; ++i) {
        const int32_t column = tables.selected[i];
        if (column < 0 || column >= tables.inputs) return ew_bad_tables;
        first[i] = features[column];
    }
    const ew_status status = ew_run_program(program);
    if (status != ew_ok) return status;
    const float* const last = ew_read(program, tables.last, tables.outputs);
    if (last == nullptr) return ew_bad_tables;
    float* const values = ew_floats(out[0]);
    for (int32_t i = 0; i < tables.outputs; ++i) values[i] = last[i];
    return ew_ok;
}

}  // namespace EW_NS

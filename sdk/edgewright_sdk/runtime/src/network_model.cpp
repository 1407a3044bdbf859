// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_model.h"

#include "edgewright/network_feed.h"

namespace EW_NS {

ew_status ew_network_model(const ew_network_model_tables& tables, void*, const ew_view* in, ew_view* out,
                           ew_arena& scratch) {
    if (!ew_is_floats(in[0], tables.inputs) || !ew_is_floats(out[0], tables.outputs)) return ew_bad_shape;
    const ew_program program = ew_program_of(tables, scratch);
    if (program.arena == nullptr) return ew_no_memory;
    float* const first = ew_write(program, tables.first, tables.chosen);
    if (!ew_feed(tables, ew_floats(in[0]), first, [](float x) { return x; })) return ew_bad_tables;
    return ew_run_fed(tables, program, out[0]);
}

}  // namespace EW_NS

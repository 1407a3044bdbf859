// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_model_int8.h"

#include "edgewright/network_feed.h"
#include "edgewright/network_int8.h"

namespace EW_NS {

ew_status ew_network_model_int8(const ew_network_model_int8_tables& tables, void*, const ew_view* in, ew_view* out,
                                ew_arena& scratch) {
    if (!ew_is_floats(in[0], tables.inputs) || !ew_is_floats(out[0], tables.outputs)) return ew_bad_shape;
    ew_program program = ew_program_of(tables, scratch);
    if (program.arena == nullptr) return ew_no_memory;
    program.more = ew_run_int8;
    const float* const features = ew_floats(in[0]);
    bool fed;
    if (tables.inverse > 0.0f) {
        int8_t* const first = ew_write8(program, tables.first, tables.chosen);
        fed = ew_is_int8(tables.zero) && ew_feed(tables, features, first, [&](float x) {
                  return ew_quantised(x, tables.inverse, tables.zero);
              });
    } else {
        fed = ew_feed(tables, features, ew_write(program, tables.first, tables.chosen), [](float x) { return x; });
    }
    return fed ? ew_run_fed(tables, program, out[0]) : ew_bad_tables;
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
// What nodes of compiled networks do around their program. Include it in a .cpp only.
#ifndef EDGEWRIGHT_NETWORK_FEED_H
#define EDGEWRIGHT_NETWORK_FEED_H

#include "edgewright/network.h"

namespace EW_NS {

// The program of a node's tables, in memory taken from `scratch`; without arena where that is too small.
template <class Tables>
inline ew_program ew_program_of(const Tables& tables, ew_arena& scratch) {
    ew_program program;
    program.length = tables.length;
    program.calls = tables.calls;
    program.weight_count = tables.weight_count;
    program.weights = tables.weights;
    program.weight8_count = tables.weight8_count;
    program.weights8 = tables.weights8;
    program.weight32_count = tables.weight32_count;
    program.weights32 = tables.weights32;
    program.arena = ew_take<unsigned char>(scratch, tables.arena);
    program.arena_bytes = tables.arena;
    return program;
}

// Put the chosen features, each through `change`, to where the network's input lies.
template <class Tables, class Value, class Change>
inline bool ew_feed(const Tables& tables, const float* features, Value* first, Change change) {
    if (first == nullptr) return false;
    for (int32_t i = 0; i < tables.chosen; ++i) {
        const int32_t column = tables.selected[i];
        if (column < 0 || column >= tables.inputs) return false;
        first[i] = change(features[column]);
    }
    return true;
}

// Run the program and copy what it gives.
template <class Tables>
inline ew_status ew_run_fed(const Tables& tables, const ew_program& program, ew_view& out) {
    const ew_status status = ew_run_program(program);
    if (status != ew_ok) return status;
    const float* const last = ew_read(program, tables.last, tables.outputs);
    if (last == nullptr) return ew_bad_tables;
    float* const values = ew_floats(out);
    for (int32_t i = 0; i < tables.outputs; ++i) values[i] = last[i];
    return ew_ok;
}

}  // namespace EW_NS

#endif

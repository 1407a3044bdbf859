// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network.h"

#include "edgewright/network_checks.h"
#include "edgewright/network_strides.h"
#include "edgewright/network_sums.h"
#include "edgewright/network_values.h"

namespace EW_NS {
namespace {

bool make(const ew_program& program, const int32_t* row) {
    switch (row[0]) {
        case ew_call_convolve: return ew_made(program, row, ew_run_convolve);
        case ew_call_activate: return ew_made(program, row, ew_run_activate);
        case ew_call_softmax: return ew_made(program, row, ew_run_softmax);
        case ew_call_combine: return ew_made(program, row, ew_run_combine);
        case ew_call_fill: return ew_made(program, row, ew_run_fill);
        case ew_call_copy: return ew_made(program, row, ew_run_copy);
        case ew_call_pool: return ew_made(program, row, ew_run_pool);
        case ew_call_reduce: return ew_made(program, row, ew_run_reduce);
        default: return program.more != nullptr && program.more(program, row);
    }
}

// Values in the arena or in the table of their type.
template <class Value>
const Value* found(const ew_program& program, const Value* weights, int32_t weight_count, int32_t tensor,
                   int64_t count) {
    if (tensor == ew_nowhere || count < 1) return nullptr;
    if (tensor >= 0) return reinterpret_cast<const Value*>(ew_write_bytes(program, tensor, count, sizeof(Value)));
    const int32_t place = -1 - tensor;
    return place + count <= weight_count ? weights + place : nullptr;
}

}  // namespace

unsigned char* ew_write_bytes(const ew_program& program, int32_t tensor, int64_t count, int32_t item) {
    if (tensor < 0 || tensor % item != 0 || count < 1) return nullptr;
    if (count > (static_cast<int64_t>(program.arena_bytes) - tensor) / item) return nullptr;
    return program.arena + tensor;
}

const float* ew_read(const ew_program& program, int32_t tensor, int64_t count) {
    return found(program, program.weights, program.weight_count, tensor, count);
}

const int8_t* ew_read8(const ew_program& program, int32_t tensor, int64_t count) {
    return found(program, program.weights8, program.weight8_count, tensor, count);
}

const int32_t* ew_read32(const ew_program& program, int32_t tensor, int64_t count) {
    return found(program, program.weights32, program.weight32_count, tensor, count);
}

int64_t ew_volume(const int32_t* sizes, int32_t count) {
    int64_t volume = 1;
    for (int32_t i = 0; i < count; ++i) {
        if (sizes[i] < 1) return -1;
        volume *= sizes[i];
        if (volume > INT32_MAX) return -1;
    }
    return volume;
}

ew_status ew_run_program(const ew_program& program) {
    for (int32_t at = 0; at < program.length;) {
        if (program.length - at < 2) return ew_bad_tables;
        const int32_t* const row = program.calls + at;
        if (row[1] < 2 || row[1] > program.length - at || !make(program, row)) return ew_bad_tables;
        at += row[1];
    }
    return ew_ok;
}

}  // namespace EW_NS

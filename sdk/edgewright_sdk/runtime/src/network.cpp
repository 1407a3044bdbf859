// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network.h"

#include "edgewright/network_strides.h"
#include "edgewright/network_sums.h"
#include "edgewright/network_values.h"

namespace EW_NS {
namespace {

// The fields of a row, and the call itself; false where the row has another length.
template <class Call>
bool made(const ew_program& program, const int32_t* row, bool (*run)(const ew_program&, const Call&)) {
    Call call;
    if (row[1] != 2 + static_cast<int32_t>(sizeof call / sizeof(int32_t))) return false;
    EW_COPY(&call, row + 2, sizeof call);
    return run(program, call);
}

bool make(const ew_program& program, const int32_t* row) {
    switch (row[0]) {
        case ew_call_convolve: return made(program, row, ew_run_convolve);
        case ew_call_dense: return made(program, row, ew_run_dense);
        case ew_call_activate: return made(program, row, ew_run_activate);
        case ew_call_softmax: return made(program, row, ew_run_softmax);
        case ew_call_combine: return made(program, row, ew_run_combine);
        case ew_call_fill: return made(program, row, ew_run_fill);
        case ew_call_copy: return made(program, row, ew_run_copy);
        case ew_call_pool: return made(program, row, ew_run_pool);
        case ew_call_reduce: return made(program, row, ew_run_reduce);
        default: return false;
    }
}

}  // namespace

const float* ew_read(const ew_program& program, int32_t tensor, int64_t count) {
    if (tensor == ew_nowhere || count < 1) return nullptr;
    if (tensor >= 0) return tensor + count <= program.arena_count ? program.arena + tensor : nullptr;
    const int32_t place = -1 - tensor;
    return place + count <= program.weight_count ? program.weights + place : nullptr;
}

float* ew_write(const ew_program& program, int32_t tensor, int64_t count) {
    if (tensor < 0 || count < 1 || tensor + count > program.arena_count) return nullptr;
    return program.arena + tensor;
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

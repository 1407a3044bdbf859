// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_strides.h"

#include "edgewright/network_checks.h"

namespace EW_NS {
namespace {

template <class Function>
void combined(const float* a, int32_t a_step, const float* b, int32_t b_step, float* out, int32_t count,
              Function function) {
    for (int32_t i = 0; i < count; ++i) out[i] = function(a[i * a_step], b[i * b_step]);
}

int32_t at(const int32_t* strides, int32_t i, int32_t j, int32_t k) {
    return i * strides[0] + j * strides[1] + k * strides[2];
}

template <class Value>
bool fill(const Value* number, Value* out, const ew_fill& call) {
    if (number == nullptr || out == nullptr) return false;
    for (int32_t i = 0; i < call.count; ++i) out[i] = *number;
    return true;
}

template <class Value>
bool copy(const Value* in, Value* out, const ew_copy& call) {
    if (in == nullptr || out == nullptr) return false;
    for (int32_t i = 0; i < call.shape[0]; ++i) {
        for (int32_t j = 0; j < call.shape[1]; ++j) {
            for (int32_t k = 0; k < call.shape[2]; ++k) {
                const Value* const from = in + at(call.in_strides, i, j, k);
                Value* const to = out + at(call.out_strides, i, j, k);
                for (int32_t l = 0; l < call.shape[3]; ++l) to[l * call.out_strides[3]] = from[l * call.in_strides[3]];
            }
        }
    }
    return true;
}

}  // namespace

bool ew_run_combine(const ew_program& program, const ew_combine& call) {
    const float* const a = ew_read(program, call.a, ew_reach(call.shape, call.a_strides));
    const float* const b = ew_read(program, call.b, ew_reach(call.shape, call.b_strides));
    float* out = ew_write(program, call.out, ew_volume(call.shape, 4));
    if (a == nullptr || b == nullptr || out == nullptr) return false;
    const int32_t a_step = call.a_strides[3], b_step = call.b_strides[3], count = call.shape[3];
    for (int32_t i = 0; i < call.shape[0]; ++i) {
        for (int32_t j = 0; j < call.shape[1]; ++j) {
            for (int32_t k = 0; k < call.shape[2]; ++k, out += count) {
                const float* const x = a + at(call.a_strides, i, j, k);
                const float* const y = b + at(call.b_strides, i, j, k);
                switch (call.operation) {
                    case ew_add: combined(x, a_step, y, b_step, out, count, [](float p, float q) { return p + q; }); break;
                    case ew_subtract: combined(x, a_step, y, b_step, out, count, [](float p, float q) { return p - q; }); break;
                    case ew_multiply: combined(x, a_step, y, b_step, out, count, [](float p, float q) { return p * q; }); break;
                    case ew_divide: combined(x, a_step, y, b_step, out, count, [](float p, float q) { return p / q; }); break;
                    default: return false;
                }
            }
        }
    }
    return true;
}

bool ew_run_fill(const ew_program& program, const ew_fill& call) {
    if (call.item == 1) return fill(ew_read8(program, call.number, 1), ew_write8(program, call.out, call.count), call);
    if (call.item == 4) return fill(ew_read(program, call.number, 1), ew_write(program, call.out, call.count), call);
    return false;
}

bool ew_run_copy(const ew_program& program, const ew_copy& call) {
    const int64_t given = ew_reach(call.shape, call.in_strides), made = ew_reach(call.shape, call.out_strides);
    if (ew_volume(call.shape, 4) > made) return false;  // it would write again and again where it wrote
    if (call.item == 1) return copy(ew_read8(program, call.in, given), ew_write8(program, call.out, made), call);
    if (call.item == 4) return copy(ew_read(program, call.in, given), ew_write(program, call.out, made), call);
    return false;
}

}  // namespace EW_NS

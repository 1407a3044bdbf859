// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_int8.h"

#include "edgewright/network_checks.h"
#include "edgewright/network_exact.h"
#include "edgewright/network_int8_sums.h"

namespace EW_NS {
namespace {

int32_t at(const int32_t* strides, int32_t i, int32_t j, int32_t k) {
    return i * strides[0] + j * strides[1] + k * strides[2];
}

int8_t combined(const ew_combine8& call, int32_t a, int32_t b) {
    constexpr int32_t raised = 1 << 20;  // both sides, before they are scaled to one grid
    a -= call.a_zero;
    b -= call.b_zero;
    if (call.combine.operation == ew_multiply) return ew_rescaled(a * b, call.result);
    const int64_t left = ew_rescaled(a * raised, call.a_multiplier, call.a_shift);
    const int64_t right = ew_rescaled(b * raised, call.b_multiplier, call.b_shift);
    return ew_rescaled(call.combine.operation == ew_add ? left + right : left - right, call.result);
}

int8_t pooled(const ew_pool8& both, const int8_t* in, int32_t y, int32_t x) {
    const ew_pool& call = both.pool;
    int32_t best = -128, sum = 0, real = 0, counted = 0;
    for (int32_t i = 0; i < call.kernel_height; ++i) {
        const int32_t row = y * call.stride_height + i * call.dilation_height - call.pad_top;
        if (row >= call.in_height + call.pad_bottom) break;
        for (int32_t j = 0; j < call.kernel_width; ++j) {
            const int32_t column = x * call.stride_width + j * call.dilation_width - call.pad_left;
            if (column >= call.in_width + call.pad_right) break;
            ++counted;
            if (row < 0 || row >= call.in_height || column < 0 || column >= call.in_width) continue;
            const int32_t value = in[(row * call.in_width + column) * call.channels];
            best = value > best ? value : best;
            sum += value;
            ++real;
        }
    }
    if (call.pooling == ew_pool_max) return static_cast<int8_t>(best);
    if (call.pooling == ew_pool_average_padded) {
        sum += (counted - real) * both.zero;
        real = counted;
    }
    const int32_t count = real > 0 ? real : 1, half = count / 2;
    return ew_clamped(sum < 0 ? -((half - sum) / count) : (sum + half) / count, -128, 127);
}

int8_t reduced(const ew_reduce8& both, const int8_t* in) {
    const ew_reduce& call = both.reduce;
    int32_t best = in[0];
    int64_t sum = 0;
    for (int32_t i = 0; i < call.count; ++i) {
        const int32_t value = in[i * call.inner];
        if (call.reduction == ew_reduce_max ? value > best : value < best) best = value;
        sum += value - both.zero_in;
    }
    const bool adds = call.reduction == ew_reduce_mean || call.reduction == ew_reduce_sum;
    return adds ? ew_rescaled(sum, both.result) : static_cast<int8_t>(best);
}

}  // namespace

bool ew_run_quantise(const ew_program& program, const ew_convert8& call) {
    const float* const in = ew_read(program, call.in, call.count);
    const float* const inverse = ew_read(program, call.number, 1);
    int8_t* const out = ew_write8(program, call.out, call.count);
    if (in == nullptr || out == nullptr || inverse == nullptr || !ew_is_int8(call.zero)) return false;
    for (int32_t i = 0; i < call.count; ++i) out[i] = ew_quantised(in[i], inverse[0], call.zero);
    return true;
}

bool ew_run_dequantise(const ew_program& program, const ew_convert8& call) {
    const int8_t* const in = ew_read8(program, call.in, call.count);
    const float* const scale = ew_read(program, call.number, 1);
    float* const out = ew_write(program, call.out, call.count);
    if (in == nullptr || out == nullptr || scale == nullptr || !ew_is_int8(call.zero)) return false;
    for (int32_t i = 0; i < call.count; ++i) out[i] = static_cast<float>(in[i] - call.zero) * scale[0];
    return true;
}

bool ew_run_combine8(const ew_program& program, const ew_combine8& both) {
    const ew_combine& call = both.combine;
    const int8_t* const a = ew_read8(program, call.a, ew_reach(call.shape, call.a_strides));
    const int8_t* const b = ew_read8(program, call.b, ew_reach(call.shape, call.b_strides));
    int8_t* out = ew_write8(program, call.out, ew_volume(call.shape, 4));
    if (a == nullptr || b == nullptr || out == nullptr || !ew_is_known(both.result)) return false;
    if (!ew_is_int8(both.a_zero) || !ew_is_int8(both.b_zero) || !ew_is_shift(both.a_shift) ||
        !ew_is_shift(both.b_shift) || call.operation < ew_add || call.operation > ew_multiply) {
        return false;
    }
    for (int32_t i = 0; i < call.shape[0]; ++i) {
        for (int32_t j = 0; j < call.shape[1]; ++j) {
            for (int32_t k = 0; k < call.shape[2]; ++k) {
                const int8_t* const x = a + at(call.a_strides, i, j, k);
                const int8_t* const y = b + at(call.b_strides, i, j, k);
                for (int32_t l = 0; l < call.shape[3]; ++l) {
                    *out++ = combined(both, x[l * call.a_strides[3]], y[l * call.b_strides[3]]);
                }
            }
        }
    }
    return true;
}

bool ew_run_lookup8(const ew_program& program, const ew_lookup8& call) {
    const int8_t* const in = ew_read8(program, call.in, call.count);
    const int8_t* const table = ew_read8(program, call.table, 256);
    int8_t* const out = ew_write8(program, call.out, call.count);
    if (in == nullptr || out == nullptr || table == nullptr) return false;
    for (int32_t i = 0; i < call.count; ++i) out[i] = table[in[i] + 128];
    return true;
}

bool ew_run_pool8(const ew_program& program, const ew_pool8& both) {
    const ew_pool& call = both.pool;
    const int32_t in_sizes[3] = {call.in_height, call.in_width, call.channels};
    const int32_t out_sizes[3] = {call.out_height, call.out_width, call.channels};
    const int8_t* const in = ew_read8(program, call.in, ew_volume(in_sizes, 3));
    int8_t* out = ew_write8(program, call.out, ew_volume(out_sizes, 3));
    if (in == nullptr || out == nullptr || !ew_is_pooling(call) || !ew_is_int8(both.zero)) return false;
    if (static_cast<int64_t>(call.kernel_height) * call.kernel_width > 1 << 22) return false;  // sums in 31 bits
    for (int32_t y = 0; y < call.out_height; ++y) {
        for (int32_t x = 0; x < call.out_width; ++x) {
            for (int32_t c = 0; c < call.channels; ++c) *out++ = pooled(both, in + c, y, x);
        }
    }
    return true;
}

bool ew_run_reduce8(const ew_program& program, const ew_reduce8& both) {
    const ew_reduce& call = both.reduce;
    const int32_t sizes[3] = {call.outer, call.count, call.inner};
    const int32_t out_sizes[2] = {call.outer, call.inner};
    const int8_t* const in = ew_read8(program, call.in, ew_volume(sizes, 3));
    int8_t* const out = ew_write8(program, call.out, ew_volume(out_sizes, 2));
    if (in == nullptr || out == nullptr || call.reduction < ew_reduce_mean || call.reduction > ew_reduce_min ||
        call.count > 1 << 23 || !ew_is_known(both.result) || !ew_is_int8(both.zero_in)) {
        return false;
    }
    for (int32_t o = 0; o < call.outer; ++o) {
        for (int32_t i = 0; i < call.inner; ++i) {
            out[o * call.inner + i] = reduced(both, in + o * call.count * call.inner + i);
        }
    }
    return true;
}

bool ew_run_int8(const ew_program& program, const int32_t* row) {
    switch (row[0]) {
        case ew_call_quantise: return ew_made(program, row, ew_run_quantise);
        case ew_call_dequantise: return ew_made(program, row, ew_run_dequantise);
        case ew_call_convolve8: return ew_made(program, row, ew_run_convolve8);
        case ew_call_combine8: return ew_made(program, row, ew_run_combine8);
        case ew_call_lookup8: return ew_made(program, row, ew_run_lookup8);
        case ew_call_pool8: return ew_made(program, row, ew_run_pool8);
        case ew_call_reduce8: return ew_made(program, row, ew_run_reduce8);
        case ew_call_exact: return ew_made(program, row, ew_run_exact);
        default: return false;
    }
}

}  // namespace EW_NS

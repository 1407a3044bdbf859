// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_sums.h"

#include "edgewright/network_values.h"
#include "edgewright/vector.h"

namespace EW_NS {
namespace {

struct span {
    int32_t begin, end;
};

// Outputs along one axis whose input, `stride` apart and `shift` further on, isn't padding.
span inside(int32_t inputs, int32_t outputs, int32_t stride, int32_t shift) {
    const int32_t begin = shift < 0 ? (-shift + stride - 1) / stride : 0;
    const int32_t last = inputs - 1 - shift;
    const int32_t end = last < 0 ? 0 : last / stride + 1;
    return {begin < outputs ? begin : outputs, end < outputs ? end : outputs};
}

// One row of one channel: each weight is added to all of the row at once, which lies in one piece.
void convolve_row(const ew_convolve& call, const float* in, const float* weights, int32_t y, float* out) {
    for (int32_t c = 0; c < call.in_channels; ++c) {
        for (int32_t i = 0; i < call.kernel_height; ++i) {
            const int32_t from = y * call.stride_height + i * call.dilation_height - call.pad_top;
            const float* const w = weights + (c * call.kernel_height + i) * call.kernel_width;
            if (from < 0 || from >= call.in_height) continue;
            const float* const row = in + (c * call.in_height + from) * call.in_width;
            for (int32_t j = 0; j < call.kernel_width; ++j) {
                const int32_t shift = j * call.dilation_width - call.pad_left;
                const span x = inside(call.in_width, call.out_width, call.stride_width, shift);
                const float weight = w[j];
                if (call.stride_width == 1) {
                    for (int32_t k = x.begin; k < x.end; ++k) out[k] += weight * row[k + shift];
                } else {
                    for (int32_t k = x.begin; k < x.end; ++k) out[k] += weight * row[k * call.stride_width + shift];
                }
            }
        }
    }
}

bool small(int32_t value, int32_t least) { return value >= least && value <= 32767; }

}  // namespace

bool ew_run_convolve(const ew_program& program, const ew_convolve& call) {
    const int32_t in_sizes[4] = {call.groups, call.in_channels, call.in_height, call.in_width};
    const int32_t out_sizes[4] = {call.groups, call.out_channels, call.out_height, call.out_width};
    const int32_t weight_sizes[5] = {call.groups, call.out_channels, call.in_channels, call.kernel_height,
                                     call.kernel_width};
    const float* const in = ew_read(program, call.in, ew_volume(in_sizes, 4));
    const int64_t count = ew_volume(out_sizes, 4);
    float* const out = ew_write(program, call.out, count);
    const float* const weights = ew_read(program, call.weights, ew_volume(weight_sizes, 5));
    const float* const bias = ew_read(program, call.bias, ew_volume(out_sizes, 2));
    const float* const residual = call.residual == ew_nowhere ? nullptr : ew_read(program, call.residual, count);
    bool known = false;
    const float* const numbers = ew_activation_numbers(program, call.numbers, known);
    if (in == nullptr || out == nullptr || weights == nullptr || bias == nullptr || !known) return false;
    if (call.residual != ew_nowhere && residual == nullptr) return false;
    // Products of these stay within 31 bits with any size of tensor that the checks above let through.
    if (!small(call.stride_height, 1) || !small(call.stride_width, 1) || !small(call.dilation_height, 1) ||
        !small(call.dilation_width, 1) || !small(call.pad_top, 0) || !small(call.pad_left, 0) ||
        !small(call.kernel_height, 1) || !small(call.kernel_width, 1) || !small(call.out_height, 1)) {
        return false;
    }
    const int32_t in_group = call.in_channels * call.in_height * call.in_width;
    const int32_t filter = call.in_channels * call.kernel_height * call.kernel_width;
    int32_t at = 0;
    for (int32_t channel = 0; channel < call.groups * call.out_channels; ++channel) {
        const float* const group = in + channel / call.out_channels * in_group;
        for (int32_t y = 0; y < call.out_height; ++y, at += call.out_width) {
            float* const row = out + at;
            for (int32_t x = 0; x < call.out_width; ++x) row[x] = bias[channel];
            convolve_row(call, group, weights + channel * filter, y, row);
            if (residual != nullptr) {
                for (int32_t x = 0; x < call.out_width; ++x) row[x] += residual[at + x];
            }
            if (!ew_activated(row, call.out_width, call.activation, numbers)) return false;
        }
    }
    return true;
}

bool ew_run_dense(const ew_program& program, const ew_dense& call) {
    const int32_t in_sizes[2] = {call.rows, call.inputs};
    const int32_t out_sizes[2] = {call.rows, call.outputs};
    const int32_t weight_sizes[2] = {call.outputs, call.inputs};
    const float* const in = ew_read(program, call.in, ew_volume(in_sizes, 2));
    const int64_t count = ew_volume(out_sizes, 2);
    float* const out = ew_write(program, call.out, count);
    const float* const weights = ew_read(program, call.weights, ew_volume(weight_sizes, 2));
    const float* const bias = ew_read(program, call.bias, call.outputs);
    const float* const residual = call.residual == ew_nowhere ? nullptr : ew_read(program, call.residual, count);
    bool known = false;
    const float* const numbers = ew_activation_numbers(program, call.numbers, known);
    if (in == nullptr || out == nullptr || weights == nullptr || bias == nullptr || !known) return false;
    if (call.residual != ew_nowhere && residual == nullptr) return false;
    for (int32_t row = 0; row < call.rows; ++row) {
        const float* const x = in + row * call.inputs;
        for (int32_t k = 0; k < call.outputs; ++k) {
            const int32_t at = row * call.outputs + k;
            const float sum = ew_dot(x, weights + k * call.inputs, call.inputs) + bias[k];
            out[at] = residual == nullptr ? sum : sum + residual[at];
        }
    }
    return ew_activated(out, static_cast<int32_t>(count), call.activation, numbers);
}

}  // namespace EW_NS

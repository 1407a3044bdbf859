// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_sums.h"

#include "edgewright/network_values.h"
#include "edgewright/vector.h"

namespace EW_NS {
namespace {

// Where the taps of a kernel that aren't padding begin and end, along one axis.
struct span {
    int32_t begin, end;
};

span inside(int32_t size, int32_t first, int32_t taps, int32_t step) {
    span real = {0, taps};
    while (real.begin < taps && first + real.begin * step < 0) ++real.begin;
    while (real.end > real.begin && first + (real.end - 1) * step >= size) --real.end;
    return real;
}

// All channels of one pixel.
struct pixel {
    const ew_convolve& call;
    const float* in;
    const float* weights;
    int32_t top, left;
    span rows, columns;

    const float* at(int32_t i, int32_t j) const {
        const int32_t row = top + i * call.dilation_height, column = left + j * call.dilation_width;
        return in + (row * call.in_width + column) * call.groups * call.in_channels;
    }
};

void each_channel(const pixel& p, float* out) {
    const int32_t channels = p.call.groups;
    for (int32_t i = p.rows.begin; i < p.rows.end; ++i) {
        for (int32_t j = p.columns.begin; j < p.columns.end; ++j) {
            const float* const x = p.at(i, j);
            const float* const w = p.weights + (i * p.call.kernel_width + j) * channels;
            for (int32_t c = 0; c < channels; ++c) out[c] += x[c] * w[c];
        }
    }
}

void all_channels(const pixel& p, float* out) {
    const int32_t wide = p.call.in_channels, filter = wide * p.call.kernel_height * p.call.kernel_width;
    for (int32_t made = 0; made < p.call.groups * p.call.out_channels; ++made) {
        const int32_t group = made / p.call.out_channels * wide;
        for (int32_t i = p.rows.begin; i < p.rows.end; ++i) {
            for (int32_t j = p.columns.begin; j < p.columns.end; ++j) {
                const float* const w = p.weights + made * filter + (i * p.call.kernel_width + j) * wide;
                out[made] += ew_dot(p.at(i, j) + group, w, wide);
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
        !small(call.kernel_height, 1) || !small(call.kernel_width, 1) || !small(call.out_height, 1) ||
        !small(call.out_width, 1)) {
        return false;
    }
    const int32_t channels = call.groups * call.out_channels;
    const bool depthwise = call.in_channels == 1 && call.out_channels == 1;
    int32_t at = 0;
    for (int32_t y = 0; y < call.out_height; ++y) {
        const int32_t top = y * call.stride_height - call.pad_top;
        const span rows = inside(call.in_height, top, call.kernel_height, call.dilation_height);
        for (int32_t x = 0; x < call.out_width; ++x, at += channels) {
            const int32_t left = x * call.stride_width - call.pad_left;
            const span columns = inside(call.in_width, left, call.kernel_width, call.dilation_width);
            const pixel p = {call, in, weights, top, left, rows, columns};
            for (int32_t c = 0; c < channels; ++c) {
                out[at + c] = residual == nullptr ? bias[c] : bias[c] + residual[at + c];
            }
            depthwise ? each_channel(p, out + at) : all_channels(p, out + at);
        }
    }
    return ew_activated(out, static_cast<int32_t>(count), call.activation, numbers);
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

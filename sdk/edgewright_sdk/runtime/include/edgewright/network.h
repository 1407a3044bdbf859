// SPDX-License-Identifier: Apache-2.0
// Compiled networks: a list of calls over one arena, interpreted. edgewright_sdk/compiler writes the list.
//
// Tensors are dense and row-major, images channels last: [height][width][channels]. Along time the height is 1.
//
// A call is `kind, size, fields…`: int32 values, `size` of them with the first two. The fields are those of one of the
// structs below. A tensor is named by a number: 0 or more is its first byte in the arena, -1 - i place i of the weights (of
// the table of the type that the call takes), ew_nowhere none. Calls that take each number by itself may write where they
// read, and a residual may lie where the output does; no other input does.
#ifndef EDGEWRIGHT_NETWORK_H
#define EDGEWRIGHT_NETWORK_H

#include "edgewright/node.h"

namespace EW_NS {

constexpr int32_t ew_nowhere = INT32_MIN;

enum ew_call_kind : int32_t {
    ew_call_convolve = 0,
    ew_call_activate = 2,
    ew_call_softmax = 3,
    ew_call_combine = 4,
    ew_call_fill = 5,
    ew_call_copy = 6,
    ew_call_pool = 7,
    ew_call_reduce = 8,
    ew_call_quantise = 9,  // from here on see network_int8.h
    ew_call_dequantise = 10,
    ew_call_convolve8 = 11,
    ew_call_combine8 = 12,
    ew_call_lookup8 = 13,
    ew_call_pool8 = 14,
    ew_call_reduce8 = 15,
    ew_call_exact = 16
};

enum ew_activation : int32_t {
    ew_activation_none = 0,
    ew_activation_clip = 1,          // between two numbers, a and b
    ew_activation_leaky = 2,         // a x below zero
    ew_activation_sigmoid = 3,
    ew_activation_tanh = 4,
    ew_activation_hard_sigmoid = 5,  // a x + b between 0 and 1
    ew_activation_hard_swish = 6,    // x times its hard sigmoid
    ew_activation_exp = 7,
    ew_activation_sqrt = 8,
    ew_activation_abs = 9
};

struct ew_convolve {
    int32_t in, groups, in_channels, in_height, in_width;  // channels of one group; those of all groups lie together
    int32_t out, out_channels, out_height, out_width;      // the same
    int32_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
    int32_t pad_top, pad_left;  // zeros; what lies below and to the right follows from the output's size
    int32_t weights, bias;      // weights in the order of network_gemm.h; where each of several channels stands by itself
                                // in that of network_depthwise.h
    int32_t residual;           // added before the activation, or ew_nowhere
    int32_t activation, numbers;  // where a and b are
};

struct ew_activate {
    int32_t in, out, count, activation, numbers;
};

struct ew_softmax {
    int32_t in, out, outer, count, inner;
};

enum ew_operation : int32_t { ew_add = 0, ew_subtract = 1, ew_multiply = 2, ew_divide = 3 };

struct ew_combine {
    int32_t a, b, out, operation;
    int32_t shape[4], a_strides[4], b_strides[4];  // a stride of 0 repeats
};

struct ew_fill {
    int32_t out, count, item, number;  // item: bytes of a number, 4 or 1
};

struct ew_copy {
    int32_t in, out, item;
    int32_t shape[4], in_strides[4], out_strides[4];
};

enum ew_pooling : int32_t { ew_pool_max = 0, ew_pool_average = 1, ew_pool_average_padded = 2 };

struct ew_pool {
    int32_t in, channels, in_height, in_width, out, out_height, out_width;
    int32_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
    int32_t pad_top, pad_left, pad_bottom, pad_right;
    int32_t pooling;  // average_padded counts zeros beyond the edges
};

enum ew_reduction : int32_t { ew_reduce_mean = 0, ew_reduce_sum = 1, ew_reduce_max = 2, ew_reduce_min = 3 };

struct ew_reduce {
    int32_t in, out, outer, count, inner, reduction;
};

struct ew_program {
    int32_t length;
    const int32_t* calls;  // [length]
    int32_t weight_count;
    const float* weights;      // [weight_count]
    int32_t weight8_count;
    const int8_t* weights8;    // [weight8_count]
    int32_t weight32_count;
    const int32_t* weights32;  // [weight32_count]
    unsigned char* arena;      // on a boundary of ew_alignment bytes
    int32_t arena_bytes;
    bool (*more)(const ew_program& program, const int32_t* row) = nullptr;  // runs further kinds of calls, ew_run_int8
};

// Run all calls. ew_bad_tables where one is unknown or reaches beyond the arena or the weights: nothing is read or
// written there.
ew_status ew_run_program(const ew_program& program);

// `count` values of a tensor; null beyond the arena or the weights, and where no such value can lie.
const float* ew_read(const ew_program& program, int32_t tensor, int64_t count);
const int8_t* ew_read8(const ew_program& program, int32_t tensor, int64_t count);
const int32_t* ew_read32(const ew_program& program, int32_t tensor, int64_t count);

// The same in the arena alone, `item` bytes each.
unsigned char* ew_write_bytes(const ew_program& program, int32_t tensor, int64_t count, int32_t item);

inline float* ew_write(const ew_program& program, int32_t tensor, int64_t count) {
    return reinterpret_cast<float*>(ew_write_bytes(program, tensor, count, 4));
}
inline int8_t* ew_write8(const ew_program& program, int32_t tensor, int64_t count) {
    return reinterpret_cast<int8_t*>(ew_write_bytes(program, tensor, count, 1));
}

// Product of sizes; -1 where one is below 1 or the product can't be that of a tensor.
int64_t ew_volume(const int32_t* sizes, int32_t count);

}  // namespace EW_NS

#endif

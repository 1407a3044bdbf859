// SPDX-License-Identifier: Apache-2.0
// Calls of networks in int8. What each computes is defined by edgewright_sdk/compiler/integer.py, bit by bit. A value stands
// for scale * (q - zero).
#ifndef EDGEWRIGHT_NETWORK_INT8_H
#define EDGEWRIGHT_NETWORK_INT8_H

#include "edgewright/network.h"
#include "edgewright/rescale.h"

namespace EW_NS {

// Between float32 and int8; `number` is where in the weights the steps per unit are, or their inverse, the scale.
struct ew_convert8 {
    int32_t in, out, count, number, zero;
};

struct ew_convolve8 {
    ew_convolve sums;  // weights are int8 (16 more are behind the last), bias is int32; no residual, no activation
    int32_t zero_in;   // of padding, too
    int32_t multipliers, shifts;  // one an output channel; ew_nowhere where the output is float32:
    int32_t factors;              // what the sum of each channel is multiplied by, else ew_nowhere
    int32_t zero, low, high;
    int32_t spare, spare_bytes;   // of the arena, that nothing needs meanwhile; see network_cmsis.h
};

struct ew_combine8 {
    ew_combine combine;
    int32_t a_zero, a_multiplier, a_shift, b_zero, b_multiplier, b_shift;  // zeros alone count for a product
    ew_rescale result;
};

struct ew_lookup8 {
    int32_t in, out, count, table;  // table: what -128, -127, … become
};

struct ew_pool8 {
    ew_pool pool;
    int32_t zero;  // what padding counts as
};

struct ew_reduce8 {
    ew_reduce reduce;
    int32_t zero_in;  // this and the result count for means and sums
    ew_rescale result;
};

enum ew_exact_function : int32_t { ew_exact_softmax = 0, ew_exact_sigmoid = 1, ew_exact_mean = 2, ew_exact_sum = 3 };

// float32, in single operations in a fixed order: the same bits everywhere.
struct ew_exact {
    int32_t in, out, outer, count, inner, function;
};

// Run a call of int8. False where it is none, or damaged.
bool ew_run_int8(const ew_program& program, const int32_t* row);

bool ew_run_quantise(const ew_program& program, const ew_convert8& call);
bool ew_run_dequantise(const ew_program& program, const ew_convert8& call);
bool ew_run_combine8(const ew_program& program, const ew_combine8& call);
bool ew_run_lookup8(const ew_program& program, const ew_lookup8& call);
bool ew_run_pool8(const ew_program& program, const ew_pool8& call);
bool ew_run_reduce8(const ew_program& program, const ew_reduce8& call);

}  // namespace EW_NS

#endif

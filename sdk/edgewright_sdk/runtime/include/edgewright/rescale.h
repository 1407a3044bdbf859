// SPDX-License-Identifier: Apache-2.0
// Integers from one grid to another, rounded as TensorFlow Lite and CMSIS-NN do.
#ifndef EDGEWRIGHT_RESCALE_H
#define EDGEWRIGHT_RESCALE_H

#include "edgewright/node.h"

namespace EW_NS {

// A factor multiplier * 2^(shift - 31), a zero that is added, and bounds.
struct ew_rescale {
    int32_t multiplier, shift, zero, low, high;
};

inline bool ew_is_shift(int32_t shift) { return shift >= -31 && shift <= 30; }

inline bool ew_is_int8(int32_t value) { return value >= -128 && value <= 127; }

inline bool ew_is_known(const ew_rescale& call) {
    return ew_is_shift(call.shift) && ew_is_int8(call.zero) && ew_is_int8(call.low) && ew_is_int8(call.high);
}

// sum * multiplier * 2^(shift - 31), rounded twice: half up to 2^-31, then half away from zero. `sum` has 33 bits at most; a
// shift to the left saturates.
inline int64_t ew_rescaled(int64_t sum, int32_t multiplier, int32_t shift) {
    const int32_t left = shift > 0 ? shift : 0, right = shift < 0 ? -shift : 0;
    const int64_t wide = sum * (int64_t{1} << left);
    const int64_t raised = wide < INT32_MIN ? INT32_MIN : wide > INT32_MAX ? INT32_MAX : wide;
    const int64_t high = (raised * multiplier + (int64_t{1} << 30)) >> 31;
    const int64_t mask = (int64_t{1} << right) - 1;
    const int64_t down = high >> right;
    return down + ((high & mask) > (mask >> 1) + (down < 0 ? 1 : 0) ? 1 : 0);
}

inline int8_t ew_clamped(int64_t value, int32_t low, int32_t high) {
    return static_cast<int8_t>(value < low ? low : value > high ? high : value);
}

inline int8_t ew_rescaled(int64_t sum, const ew_rescale& call) {
    return ew_clamped(ew_rescaled(sum, call.multiplier, call.shift) + call.zero, call.low, call.high);
}

// The value on a grid of `1 / inverse` that is nearest, half to even; NaN becomes the lowest.
inline int8_t ew_quantised(float value, float inverse, int32_t zero) {
    constexpr float magic = 12582912.0f;  // 1.5 * 2^23: a sum with it is a multiple of 1
    const float steps = value * inverse;
    const float above = steps > -512.0f ? steps : -512.0f;
    const float within = above < 512.0f ? above : 512.0f;
    const int32_t whole = ew_bits<int32_t>(within + magic) - ew_bits<int32_t>(magic);
    return ew_clamped(whole + zero, -128, 127);
}

}  // namespace EW_NS

#endif

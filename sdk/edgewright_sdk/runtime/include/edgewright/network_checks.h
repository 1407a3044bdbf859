// SPDX-License-Identifier: Apache-2.0
// What must hold of a call before it runs: tables may be damaged. Include it in a .cpp only.
#ifndef EDGEWRIGHT_NETWORK_CHECKS_H
#define EDGEWRIGHT_NETWORK_CHECKS_H

#include "edgewright/network.h"

namespace EW_NS {

// Read the fields of a row and run its call; false where the row has another length.
template <class Call>
inline bool ew_made(const ew_program& program, const int32_t* row, bool (*run)(const ew_program&, const Call&)) {
    Call call;
    if (row[1] != 2 + static_cast<int32_t>(sizeof call / sizeof(int32_t))) return false;
    EW_COPY(&call, row + 2, sizeof call);
    return run(program, call);
}

// Values from the first to the last that strides reach; -1 where they can't be those of a tensor.
inline int64_t ew_reach(const int32_t* shape, const int32_t* strides) {
    if (ew_volume(shape, 4) < 1) return -1;
    int64_t last = 0;
    for (int32_t i = 0; i < 4; ++i) {
        if (strides[i] < 0) return -1;
        last += static_cast<int64_t>(shape[i] - 1) * strides[i];
    }
    return last + 1;
}

// Products of two of these stay within 31 bits, and so does the sum of two such products.
inline bool ew_is_small(int32_t value, int32_t least) { return value >= least && value <= 32767; }

// A window that slides: its size, steps and padding, and how many places it has.
template <class Call>
inline bool ew_is_sliding(const Call& call) {
    return ew_is_small(call.kernel_height, 1) && ew_is_small(call.kernel_width, 1) &&
           ew_is_small(call.stride_height, 1) && ew_is_small(call.stride_width, 1) &&
           ew_is_small(call.dilation_height, 1) && ew_is_small(call.dilation_width, 1) &&
           ew_is_small(call.pad_top, 0) && ew_is_small(call.pad_left, 0) && ew_is_small(call.out_height, 1) &&
           ew_is_small(call.out_width, 1);
}

inline bool ew_is_pooling(const ew_pool& call) {
    return ew_is_sliding(call) && ew_is_small(call.pad_bottom, 0) && ew_is_small(call.pad_right, 0) &&
           call.pooling >= ew_pool_max && call.pooling <= ew_pool_average_padded;
}

}  // namespace EW_NS

#endif

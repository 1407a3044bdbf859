// SPDX-License-Identifier: Apache-2.0
// The nearest of many kept vectors, exactly. Products of matrices over the few directions along which the kept ones differ
// most say of nearly all that they are too far away; the distance is measured to the others only.
#ifndef EDGEWRIGHT_NEAREST_H
#define EDGEWRIGHT_NEAREST_H

#include "edgewright/node.h"

namespace EW_NS {

constexpr int32_t ew_bound_block = 32;

// Kept vectors. With `leading` directions, a vector x is at (|x'|, r): x' along them from the middle, and the length of the
// rest. |x - k|^2 is at least |x' - k'|^2 + (r_x - r_k)^2 = |x|^2 + |k|^2 - 2 (x', r_x) (k', r_k), lengths from the middle.
struct ew_bank {
    int32_t kept, features;
    const float* cells;           // [kept][features], null where they are int8:
    const int8_t* steps;          // [kept][features] a value is offset + scale step
    const float *scale, *offset;  // [features]
    int32_t leading;          // 0: there are no bounds, and every vector is gone through
    const float* middle;      // [features]
    const float* directions;  // leading + 1 outputs, the last one zero, of `features` inputs, in the order of network_gemm.h
    const float* shifts;      // [leading + 1] what is added to them: what the middle has along each, negative
    const float* panels;      // `places` outputs of leading + 1 inputs, in the same order: -2 (k', r_k)
    const float* squares;     // [places] |k|^2, huge where there is no vector; places: kept, rounded up to whole blocks
    float largest;            // |k|^2
};

// Floats of scratch that finding the nearest of `count` vectors takes.
int32_t ew_nearest_scratch(const ew_bank& bank, int32_t count);

// nearest[count] = which kept vector is nearest to each of cells[count][features]; nearest[0] goes in as a guess, any kept one.
void ew_find_nearest(const ew_bank& bank, const float* cells, int32_t count, float* scratch, int32_t* nearest);

// Square distance to a kept vector, or more than `most` as soon as that is certain.
float ew_kept_square(const ew_bank& bank, const float* cell, int32_t place, float most);

}  // namespace EW_NS

#endif

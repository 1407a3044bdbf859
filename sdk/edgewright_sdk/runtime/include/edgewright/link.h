// SPDX-License-Identifier: Apache-2.0
// From a model's raw outputs to probabilities or values.
#ifndef EDGEWRIGHT_LINK_H
#define EDGEWRIGHT_LINK_H

#include "edgewright/node.h"

namespace EW_NS {

enum ew_link_kind : int32_t {
    ew_link_identity = 0,
    ew_link_exp = 1,
    ew_link_square = 2,          // sign(x) x^2
    ew_link_sigmoid = 3,
    ew_link_softmax = 4,
    ew_link_sigmoid_pair = 5,    // one output -> 1 - p, p
    ew_link_sigmoid_shares = 6,  // sigmoids divided by their sum, also where all underflow
    ew_link_argmax = 7,          // 1 for the largest, the first of equals; 0 for the others
    ew_link_sign = 8,            // one output -> 0, 1 where it is positive, else 1, 0
    ew_link_votes = 9,           // one against one: a pair's positive side is its first class; most votes get 1
    ew_link_coupling = 10        // one against one: probabilities of pairs coupled to those of classes
};

// Number of values that `link` makes of `raw` outputs.
int32_t ew_link_width(int32_t link, int32_t raw);

// Apply `link` to `count` outputs: writes ew_link_width(link, count) values. `slopes` and `offsets` (one a pair) are
// those of ew_link_coupling's sigmoids 1 / (1 + exp(slope x + offset)), which takes classes (classes + 1) floats of
// scratch; others take none.
ew_status ew_link(int32_t link, const float* raw, int32_t count, const float* slopes, const float* offsets,
                  float* values, ew_arena& scratch);

}  // namespace EW_NS

#endif

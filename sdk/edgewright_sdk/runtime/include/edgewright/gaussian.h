// SPDX-License-Identifier: Apache-2.0
// Normal distributions, each given by the root of its precision: root root = inverse covariance, root symmetric.
#ifndef EDGEWRIGHT_GAUSSIAN_H
#define EDGEWRIGHT_GAUSSIAN_H

#include "edgewright/node.h"

namespace EW_NS {

// What a root is: its lower triangle, row by row; its diagonal; or one number for all axes.
enum ew_root_kind : int32_t { ew_root_triangle = 0, ew_root_diagonal = 1, ew_root_number = 2 };

// Number of floats of a root over `count` axes, 0 for an unknown kind.
int32_t ew_root_size(int32_t kind, int32_t count);

// whitened = root delta; returns its squared length, which is the squared Mahalanobis distance of `delta`.
float ew_whiten(int32_t kind, const float* root, const float* delta, int32_t count, float* whitened);

// The logarithm of a sum of exponentials, term by term, without overflow: it is top + log(sum), top the largest term.
struct ew_log_sum {
    float top;
    float sum;
};

inline ew_log_sum ew_log_sum_of(float term) { return {term, 1.0f}; }
void ew_log_sum_add(ew_log_sum& total, float term);

}  // namespace EW_NS

#endif

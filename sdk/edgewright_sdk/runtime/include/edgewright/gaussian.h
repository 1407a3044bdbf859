// SPDX-License-Identifier: Apache-2.0
// Normal distributions, each given by a factor U of its precision: U U^T = inverse covariance.
#ifndef EDGEWRIGHT_GAUSSIAN_H
#define EDGEWRIGHT_GAUSSIAN_H

#include "edgewright/node.h"

namespace EW_NS {

// What U is: an upper triangle, column by column; its diagonal; or one number for all axes.
enum ew_factor_kind : int32_t { ew_factor_triangle = 0, ew_factor_diagonal = 1, ew_factor_number = 2 };

// Number of floats of a factor over `count` axes, 0 for an unknown kind.
int32_t ew_factor_size(int32_t kind, int32_t count);

// whitened = U^T delta; returns its squared length, which is the squared Mahalanobis distance of `delta`.
float ew_whiten(int32_t kind, const float* factor, const float* delta, int32_t count, float* whitened);

// pull = U whitened = inverse covariance times delta, so that delta . pull is the squared Mahalanobis distance.
void ew_pull(int32_t kind, const float* factor, const float* whitened, int32_t count, float* pull);

// The logarithm of a sum of exponentials, term by term, without overflow: it is top + log(sum), top the largest term.
struct ew_log_sum {
    float top;
    float sum;
};

inline ew_log_sum ew_log_sum_of(float term) { return {term, 1.0f}; }
void ew_log_sum_add(ew_log_sum& total, float term);

}  // namespace EW_NS

#endif

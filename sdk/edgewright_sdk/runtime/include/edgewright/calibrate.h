// SPDX-License-Identifier: Apache-2.0
// Commissioning: what normal windows of a new place say of scaler, scores and threshold.
#ifndef EDGEWRIGHT_CALIBRATE_H
#define EDGEWRIGHT_CALIBRATE_H

#include "edgewright/node.h"

namespace EW_NS {

// Fewer windows than that say nothing about a spread.
constexpr int32_t ew_calibration_least = 16;

// Mean and population standard deviation of each column of `count` rows of `width` finite values, summed in double.
// A column that doesn't vary keeps a scale of 1 where `trained` is 1 too (it was constant in training). Returns -1, or
// the first column that varied in training and doesn't here.
int32_t ew_fit_scaler(const float* rows, int32_t count, int32_t width, const float* trained, float* mean, float* scale);

// The scaler that all rows but `row` give, from the scaler of all `count` rows.
void ew_scaler_without(const float* row, int32_t count, int32_t width, const float* mean, const float* scale,
                       float* mean_without, float* scale_without);

// The threshold that a share `rate` of further normal scores is expected to exceed, of `count` >= 1 ascending scores:
// their median-unbiased upper quantile, the largest of them where `count` scores can't promise less.
float ew_held_out_threshold(const float* ascending, int32_t count, float rate);

// CRC-32 (zlib's).
uint32_t ew_checksum(const void* bytes, size_t count);

}  // namespace EW_NS

#endif

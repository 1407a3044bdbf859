// SPDX-License-Identifier: Apache-2.0
// Population moments in float32: a mean to about twice its precision, and powers of the deviations from it.
#ifndef EDGEWRIGHT_STATISTICS_H
#define EDGEWRIGHT_STATISTICS_H

#include "edgewright/node.h"

namespace EW_NS {

struct ew_moments {
    float mean;
    float mean_low;  // what `mean` lacks of the exact mean: mean + mean_low has about 48 bits
    float minimum;
    float maximum;
    float rms;       // root mean square of the values as they are
    float stdev;     // population
    float skewness;  // population; 0 for constant values
    float kurtosis;  // population, Fisher (normal = 0); 0 for constant values
};

// Moments of `count` >= 1 values that lie `stride` apart. Constant values (largest == smallest) have stdev,
// skewness and kurtosis 0 exactly.
ew_moments ew_statistics(const float* values, int32_t count, int32_t stride);

// Subtract the mean from each of `count` values in place, to the precision of the values and not of the mean.
void ew_subtract_mean(float* values, int32_t count, const ew_moments& moments);

}  // namespace EW_NS

#endif

// SPDX-License-Identifier: Apache-2.0
#include "edgewright/statistics.h"

#include "edgewright/scalar.h"

namespace EW_NS {
namespace {

// Neumaier's sum: `low` collects what each addition rounds away.
struct ew_sum {
    float high = 0.0f;
    float low = 0.0f;

    void add(float value) {
        const float next = high + value;
        const float larger = (high < 0.0f ? -high : high) >= (value < 0.0f ? -value : value) ? high : value;
        const float smaller = larger == high ? value : high;
        low += (larger - next) + smaller;
        high = next;
    }
    float value() const { return high + low; }
};

}  // namespace

ew_moments ew_statistics(const float* values, int32_t count, int32_t stride) {
    ew_moments m = {};
    const float n = static_cast<float>(count);
    float minimum = values[0];
    float maximum = values[0];
    ew_sum sum;
    for (int32_t i = 0; i < count; ++i) {
        const float x = values[i * stride];
        if (x < minimum) minimum = x;
        if (x > maximum) maximum = x;
        sum.add(x);
    }
    m.minimum = minimum;
    m.maximum = maximum;
    if (!(maximum > minimum)) {  // constant: rounding noise must not look like a signal
        m.mean = minimum;
        m.rms = minimum < 0.0f ? -minimum : minimum;
        return m;
    }
    m.mean = sum.value() / n;
    // The second sum is of small numbers, so it holds what the first mean lacks.
    ew_sum rest;
    for (int32_t i = 0; i < count; ++i) rest.add(values[i * stride] - m.mean);
    m.mean_low = rest.value() / n;

    const float above = maximum - m.mean;
    const float below = m.mean - minimum;
    const float range = above > below ? above : below;  // powers of deviation/range neither overflow nor vanish
    ew_sum second;
    ew_sum third;
    ew_sum fourth;
    for (int32_t i = 0; i < count; ++i) {
        const float z = ((values[i * stride] - m.mean) - m.mean_low) / range;
        const float square = z * z;
        second.add(square);
        third.add(square * z);
        fourth.add(square * square);
    }
    const float variance = second.value() / n;
    const float deviation = sqrtf(variance);
    m.stdev = deviation * range;
    m.skewness = (third.value() / n) / (variance * deviation);
    m.kurtosis = (fourth.value() / n) / (variance * variance) - 3.0f;
    const float mean = m.mean < 0.0f ? -m.mean : m.mean;
    const float larger = mean > m.stdev ? mean : m.stdev;
    const float a = mean / larger;
    const float b = m.stdev / larger;
    m.rms = larger * sqrtf(a * a + b * b);  // mean square = mean^2 + variance
    return m;
}

void ew_subtract_mean(float* values, int32_t count, const ew_moments& moments) {
    for (int32_t i = 0; i < count; ++i) values[i] = (values[i] - moments.mean) - moments.mean_low;
}

}  // namespace EW_NS

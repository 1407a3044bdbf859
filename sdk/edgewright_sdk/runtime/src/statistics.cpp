// SPDX-License-Identifier: Apache-2.0
// Two passes: extremes and a first mean, then powers of the deviations from it, corrected by what that mean lacked
// (T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", 1983).
#include "edgewright/statistics.h"

#include "edgewright/lanes.h"
#include "edgewright/scalar.h"

namespace EW_NS {
namespace {

// So many values are summed up before their sum goes to the others: errors grow with the number of pieces only.
constexpr int32_t piece = 256;

struct ew_extent {
    float minimum;
    float maximum;
    float sum;
};

template <class Value>
void extend(const float* values, int32_t count, int32_t stride, ew_extent& extent) {
    Value least = ew_get<Value>(values);
    Value greatest = least;
    Value sum = least;
    for (int32_t i = ew_width<Value>(); i < count; i += ew_width<Value>()) {
        const Value x = ew_get<Value>(values + i * stride);
        least = x < least ? x : least;
        greatest = x > greatest ? x : greatest;
        sum += x;
    }
    const float low = ew_least(least);
    const float high = ew_greatest(greatest);
    if (low < extent.minimum) extent.minimum = low;
    if (high > extent.maximum) extent.maximum = high;
    extent.sum += ew_added(sum);
}

// How a value becomes a deviation: of size 1 at most, so that its powers neither overflow nor vanish.
struct ew_scaling {
    float origin;
    float first;
    float second;
};

struct ew_powers {
    float first;
    float second;
    float third;
    float fourth;
};

template <class Value>
void raise(const float* values, int32_t count, int32_t stride, const ew_scaling& scaling, ew_powers& powers) {
    Value first = {};
    Value second = {};
    Value third = {};
    Value fourth = {};
    for (int32_t i = 0; i < count; i += ew_width<Value>()) {
        const Value z = (ew_get<Value>(values + i * stride) - scaling.origin) * scaling.first * scaling.second;
        const Value square = z * z;
        first += z;
        second += square;
        third += square * z;
        fourth += square * square;
    }
    powers.first += ew_added(first);
    powers.second += ew_added(second);
    powers.third += ew_added(third);
    powers.fourth += ew_added(fourth);
}

int32_t in_lanes(int32_t count, int32_t stride) {
    return stride == 1 ? count - count % ew_width<ew_lanes>() : 0;
}

ew_extent extent_of(const float* values, int32_t count, int32_t stride) {
    ew_extent extent = {values[0], values[0], 0.0f};
    for (int32_t start = 0; start < count; start += piece) {
        const float* const here = values + start * stride;
        const int32_t taken = count - start < piece ? count - start : piece;
        const int32_t wide = in_lanes(taken, stride);
        if (wide > 0) extend<ew_lanes>(here, wide, 1, extent);
        if (wide < taken) extend<float>(here + wide * stride, taken - wide, stride, extent);
    }
    return extent;
}

ew_powers powers_of(const float* values, int32_t count, int32_t stride, const ew_scaling& scaling) {
    ew_powers powers = {};
    for (int32_t start = 0; start < count; start += piece) {
        const float* const here = values + start * stride;
        const int32_t taken = count - start < piece ? count - start : piece;
        const int32_t wide = in_lanes(taken, stride);
        if (wide > 0) raise<ew_lanes>(here, wide, 1, scaling, powers);
        if (wide < taken) raise<float>(here + wide * stride, taken - wide, stride, scaling, powers);
    }
    return powers;
}

}  // namespace

ew_moments ew_statistics(const float* values, int32_t count, int32_t stride) {
    ew_moments m = {};
    const float n = static_cast<float>(count);
    const ew_extent extent = extent_of(values, count, stride);
    m.minimum = extent.minimum;
    m.maximum = extent.maximum;
    if (!(m.maximum > m.minimum)) {  // constant: rounding noise must not look like a signal
        m.mean = m.minimum;
        m.rms = m.minimum < 0.0f ? -m.minimum : m.minimum;
        return m;
    }
    m.mean = extent.sum / n;
    const float above = m.maximum - m.mean;
    const float below = m.mean - m.minimum;
    const float range = above > below ? above : below;
    const float lift = range < 1e-30f ? 1e30f : 1.0f;  // the inverse of a tiny range is no number
    const ew_scaling scaling = {m.mean, lift, 1.0f / (range * lift)};
    const ew_powers sums = powers_of(values, count, stride, scaling);

    const float rest = sums.first / n;
    const float second = sums.second / n;
    const float third = sums.third / n;
    const float square = rest * rest;
    const float variance = second - square;
    const float deviation = ew_sqrt(variance);
    m.mean_low = rest * range;
    m.stdev = deviation * range;
    m.skewness = (third - 3.0f * rest * second + 2.0f * rest * square) / (variance * deviation);
    const float fourth = sums.fourth / n - 4.0f * rest * third + 6.0f * square * second - 3.0f * square * square;
    m.kurtosis = fourth / (variance * variance) - 3.0f;
    const float mean = m.mean < 0.0f ? -m.mean : m.mean;
    const float larger = mean > m.stdev ? mean : m.stdev;
    const float a = mean / larger;
    const float b = m.stdev / larger;
    m.rms = larger * ew_sqrt(a * a + b * b);  // mean square = mean^2 + variance
    return m;
}

void ew_subtract_mean(float* values, int32_t count, const ew_moments& moments) {
    for (int32_t i = 0; i < count; ++i) values[i] = (values[i] - moments.mean) - moments.mean_low;
}

}  // namespace EW_NS

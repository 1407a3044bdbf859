// SPDX-License-Identifier: Apache-2.0
// The quantile is definition 8 of Hyndman and Fan, "Sample quantiles in statistical packages", 1996, with the logarithm
// of the rank between two scores.
#include "edgewright/calibrate.h"

#include "edgewright/scalar.h"

namespace EW_NS {
namespace {

double largest_of(double a, double b) { return a > b ? a : b; }

double size_of(double value) { return value < 0.0 ? -value : value; }

}  // namespace

int32_t ew_fit_scaler(const float* rows, int32_t count, int32_t width, const float* trained, float* mean,
                      float* scale) {
    constexpr double noise = 1e-6;  // a column that varies by less than this share of its size is constant
    constexpr double smallest = 1e-30;
    for (int32_t c = 0; c < width; ++c) {
        double low = static_cast<double>(rows[c]);
        double high = low;
        for (int32_t i = 1; i < count; ++i) {
            const double value = static_cast<double>(rows[i * width + c]);
            if (value < low) low = value;
            if (value > high) high = value;
        }
        const double range = high - low;
        double total = 0.0;
        for (int32_t i = 0; i < count; ++i) total += static_cast<double>(rows[i * width + c]) - low;
        const double centre = low + total / static_cast<double>(count);
        mean[c] = static_cast<float>(centre);
        if (range <= largest_of(noise * largest_of(size_of(low), size_of(high)), smallest)) {
            scale[c] = 1.0f;
            if (trained[c] != 1.0f) return c;  // NOLINT: a constant column has exactly 1
            continue;
        }
        double squares = 0.0;  // in units of the range: neither too large nor too small for a float
        for (int32_t i = 0; i < count; ++i) {
            const double d = (static_cast<double>(rows[i * width + c]) - centre) / range;
            squares += d * d;
        }
        const float deviation = ew_sqrt(static_cast<float>(squares / static_cast<double>(count)));
        scale[c] = static_cast<float>(range * static_cast<double>(deviation));
    }
    return -1;
}

void ew_scaler_without(const float* row, int32_t count, int32_t width, const float* mean, const float* scale,
                       float* mean_without, float* scale_without) {
    // With n rows and z = (x - mean) / scale, the others have mean - scale z / (n - 1) and
    // variance scale^2 n / (n - 1) (1 - z^2 / (n - 1)).
    const float others = static_cast<float>(count - 1);
    const float more = static_cast<float>(count) / others;
    constexpr float least = 1e-4f;  // a row that makes nearly all of the spread leaves a hundredth of it
    for (int32_t c = 0; c < width; ++c) {
        const float z = (row[c] - mean[c]) / scale[c];
        const float left = 1.0f - z * z / others;
        mean_without[c] = mean[c] - scale[c] * (z / others);
        scale_without[c] = scale[c] * ew_sqrt(more * (left > least ? left : least));
    }
}

float ew_held_out_threshold(const float* ascending, int32_t count, float rate) {
    const float* const largest = ascending + count - 1;
    const float n = static_cast<float>(count);
    if (count == 1 || rate * (n + 1.0f) <= 1.0f + 1e-6f) return *largest;
    constexpr float third = 1.0f / 3.0f;
    const float wanted = rate * (n + third) + third;
    const float rank = wanted < n ? wanted : n;
    const int32_t whole = static_cast<int32_t>(rank);
    const int32_t below = whole < 1 ? 1 : whole < count ? whole : count - 1;
    const float from = static_cast<float>(below);
    const float weight = logf(rank / from) / logf((from + 1.0f) / from);
    return largest[1 - below] * (1.0f - weight) + largest[-below] * weight;
}

uint32_t ew_checksum(const void* bytes, size_t count) {
    const unsigned char* const data = static_cast<const unsigned char*>(bytes);
    uint32_t sum = 0xFFFFFFFFu;
    for (size_t i = 0; i < count; ++i) {
        sum ^= data[i];
        for (int32_t bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ (0xEDB88320u & (0u - (sum & 1u)));
    }
    return ~sum;
}

}  // namespace EW_NS

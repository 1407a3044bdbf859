// SPDX-License-Identifier: Apache-2.0
#include "edgewright/wavelet.h"

namespace EW_NS {
namespace {

int32_t mirrored(int32_t place, int32_t count) {
    int32_t rest = place % (2 * count);
    if (rest < 0) rest += 2 * count;
    return rest < count ? rest : 2 * count - 1 - rest;
}

// Up to so many values are summed up by eight sums side by side, more by halves (pairwise summation).
constexpr int32_t piece = 128;

float pairwise_sum(const float* values, int32_t count) {
    if (count > piece) {
        const int32_t half = count / 2 - count / 2 % 8;
        return pairwise_sum(values, half) + pairwise_sum(values + half, count - half);
    }
    if (count < 8) {
        float sum = 0.0f;
        for (int32_t i = 0; i < count; ++i) sum += values[i];
        return sum;
    }
    float sums[8];
    for (int32_t k = 0; k < 8; ++k) sums[k] = values[k];
    int32_t i = 8;
    for (; i + 8 <= count; i += 8) {
        for (int32_t k = 0; k < 8; ++k) sums[k] += values[i + k];
    }
    float sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    for (; i < count; ++i) sum += values[i];
    return sum;
}

}  // namespace

void ew_wavelet_centre(float* values, int32_t count) {
    const float mean = pairwise_sum(values, count) / static_cast<float>(count);
    bool still = true;
    for (int32_t i = 1; i < count; ++i) still = still && values[i] == values[0];
    for (int32_t i = 0; i < count; ++i) values[i] = still ? 0.0f : values[i] - mean;
}

int32_t ew_wavelet_step(const float* values, int32_t count, const float* filter, int32_t taps, float* out) {
    const int32_t kept = (count + taps - 1) / 2;
    for (int32_t k = 0; k < kept; ++k) {
        const int32_t last = 2 * k + 1;
        const int32_t beyond = last - count;  // the first taps up to this one lie beyond the end
        float sum = 0.0f;
        for (int32_t j = beyond; j >= 0; --j) sum += filter[j] * values[mirrored(last - j, count)];
        for (int32_t j = beyond < 0 ? 0 : beyond + 1; j < taps; ++j) sum += filter[j] * values[mirrored(last - j, count)];
        out[k] = sum;
    }
    return kept;
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "edgewright/cepstra.h"

#include "edgewright/scalar.h"

namespace EW_NS {
namespace {

// Sum of the first `k` values of a sequence that is mirrored at both ends for ever, from the running sums of one pass.
float mirrored_sum(const float* running, int32_t count, int32_t k) {
    int32_t rounds = k / (2 * count);
    int32_t rest = k % (2 * count);
    if (rest < 0) {
        rest += 2 * count;
        --rounds;
    }
    const float whole = 2.0f * running[count];
    const float part = rest <= count ? running[rest] : whole - running[2 * count - rest];
    return static_cast<float>(rounds) * whole + part;
}

void run_sums(const float* values, int32_t count, float* running) {
    running[0] = 0.0f;
    for (int32_t i = 0; i < count; ++i) running[i + 1] = running[i] + values[i];
}

// Means over few rows are summed up one by one: differences of running sums would lose digits there.
constexpr int32_t direct_window = 33;

float mirrored(const float* values, int32_t count, int32_t place) {
    int32_t rest = place % (2 * count);
    if (rest < 0) rest += 2 * count;
    return values[rest < count ? rest : 2 * count - 1 - rest];
}

float local_mean(const float* values, const float* running, int32_t count, int32_t from, int32_t to) {
    float sum = 0.0f;
    if (to - from > direct_window) {
        sum = mirrored_sum(running, count, to) - mirrored_sum(running, count, from);
    } else {
        for (int32_t i = from; i < to; ++i) sum += mirrored(values, count, i);
    }
    return sum / static_cast<float>(to - from);
}

float local_variance(const float* values, const float* squares, int32_t count, int32_t from, int32_t to, float mean) {
    float sum = 0.0f;
    if (to - from > direct_window) {
        sum = mirrored_sum(squares, count, to) - mirrored_sum(squares, count, from);
        sum -= static_cast<float>(to - from) * mean * mean;
    } else {
        for (int32_t i = from; i < to; ++i) {
            const float distance = mirrored(values, count, i) - mean;
            sum += distance * distance;
        }
    }
    return sum > 0.0f ? sum / static_cast<float>(to - from) : 0.0f;
}

}  // namespace

void ew_dct(const float* values, int32_t count, const float* matrix, int32_t kept, float* out) {
    for (int32_t k = 0; k < kept; ++k) out[k] = 0.0f;
    for (int32_t i = 0; i < count; ++i) {
        for (int32_t k = 0; k < kept; ++k) out[k] += values[i] * matrix[i * kept + k];
    }
}

void ew_sliding_normalise(float* rows, int32_t frames, int32_t width, int32_t window, float* scratch) {
    float* const column = scratch;
    float* const sums = column + frames + 1;
    float* const squares = sums + frames + 1;
    const int32_t half = (window - 1) / 2;
    for (int32_t c = 0; c < width; ++c) {
        float low = rows[c];
        float high = rows[c];
        float mean = 0.0f;
        for (int32_t i = 0; i < frames; ++i) {
            const float value = rows[i * width + c];
            if (value < low) low = value;
            if (value > high) high = value;
            mean += value - rows[c];
        }
        mean = rows[c] + mean / static_cast<float>(frames);
        const float size = mean < 0.0f ? -mean : mean;
        if (high == low || high - low < 1e-6f * size) {
            for (int32_t i = 0; i < frames; ++i) rows[i * width + c] = 0.0f;
            continue;
        }
        // Without their mean the sums stay small, and differences of sums exact.
        for (int32_t i = 0; i < frames; ++i) column[i] = rows[i * width + c] - mean;
        run_sums(column, frames, sums);
        for (int32_t i = 0; i < frames; ++i) {
            rows[i * width + c] = column[i] - local_mean(column, sums, frames, i - half, i + half + 1);
        }
        squares[0] = 0.0f;
        for (int32_t i = 0; i < frames; ++i) {
            column[i] = rows[i * width + c];
            squares[i + 1] = squares[i] + column[i] * column[i];
        }
        run_sums(column, frames, sums);
        for (int32_t i = 0; i < frames; ++i) {
            const float mean_here = local_mean(column, sums, frames, i - half, i + half + 1);
            const float variance = local_variance(column, squares, frames, i - half, i + half + 1, mean_here);
            rows[i * width + c] /= sqrtf(variance) + 1e-10f;
        }
    }
}

}  // namespace EW_NS

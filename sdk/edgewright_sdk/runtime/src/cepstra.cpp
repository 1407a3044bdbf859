// SPDX-License-Identifier: Apache-2.0
#include "edgewright/cepstra.h"

#include "edgewright/lanes.h"
#include "edgewright/scalar.h"

namespace EW_NS {
namespace {

// Sums of the first k values of a sequence that is mirrored at both ends for ever, for one k after another, from the
// running sums of one pass.
struct ew_mirrored_sums {
    const float* running;
    int32_t count;
    int32_t rounds;
    int32_t rest;

    ew_mirrored_sums(const float* sums, int32_t values, int32_t k) : running(sums), count(values) {
        rounds = k / (2 * values);
        rest = k % (2 * values);
        if (rest < 0) {
            rest += 2 * values;
            --rounds;
        }
    }

    float next() {
        const float whole = 2.0f * running[count];
        const float part = rest <= count ? running[rest] : whole - running[2 * count - rest];
        const float sum = rounds == 0 ? part : static_cast<float>(rounds) * whole + part;
        if (++rest == 2 * count) {
            rest = 0;
            ++rounds;
        }
        return sum;
    }
};

// The values of such a sequence.
struct ew_mirrored_values {
    const float* values;
    int32_t count;
    int32_t rest;

    ew_mirrored_values(const float* sequence, int32_t length, int32_t k) : values(sequence), count(length) {
        rest = k % (2 * length);
        if (rest < 0) rest += 2 * length;
    }

    float next() {
        const float value = values[rest < count ? rest : 2 * count - 1 - rest];
        if (++rest == 2 * count) rest = 0;
        return value;
    }
};

// Few rows are summed up one by one: differences of running sums would lose digits there.
constexpr int32_t direct_window = 33;

// means[i] = mean of the `window` values around the i-th; running[k] = sum of the first k.
void local_means(const float* values, const float* running, int32_t count, int32_t window, float* means) {
    const float share = 1.0f / static_cast<float>(window);
    const int32_t first = -(window - 1) / 2;
    ew_mirrored_sums before(running, count, first);
    ew_mirrored_sums after(running, count, first + window);
    for (int32_t i = 0; i < count; ++i) {
        float sum = 0.0f;
        if (window > direct_window) {
            sum = after.next() - before.next();
        } else {
            ew_mirrored_values value(values, count, first + i);
            for (int32_t k = 0; k < window; ++k) sum += value.next();
        }
        means[i] = sum * share;
    }
}

// deviations[i] = standard deviation of the same values, whose mean is means[i] (may be the same place); running[k] = sum of the first k squares.
void local_deviations(const float* values, const float* running, int32_t count, int32_t window, const float* means,
                      float* deviations) {
    const float share = 1.0f / static_cast<float>(window);
    const int32_t first = -(window - 1) / 2;
    ew_mirrored_sums before(running, count, first);
    ew_mirrored_sums after(running, count, first + window);
    for (int32_t i = 0; i < count; ++i) {
        float variance = 0.0f;
        if (window > direct_window) {
            variance = (after.next() - before.next()) * share - means[i] * means[i];
        } else {
            ew_mirrored_values value(values, count, first + i);
            for (int32_t k = 0; k < window; ++k) {
                const float distance = value.next() - means[i];
                variance += distance * distance;
            }
            variance *= share;
        }
        deviations[i] = variance > 0.0f ? ew_sqrt(variance) : 0.0f;
    }
}

// Puts the mean at 0, and returns whether the values move at all.
bool centre(float* values, int32_t count) {
    float low = values[0];
    float high = values[0];
    float mean = 0.0f;
    for (int32_t i = 0; i < count; ++i) {
        if (values[i] < low) low = values[i];
        if (values[i] > high) high = values[i];
        mean += values[i] - values[0];
    }
    mean = values[0] + mean / static_cast<float>(count);
    const float size = mean < 0.0f ? -mean : mean;
    for (int32_t i = 0; i < count; ++i) values[i] -= mean;
    return high != low && !(high - low < 1e-6f * size);
}

}  // namespace

void ew_dct(const float* values, int32_t count, const float* matrix, int32_t kept, float* out) {
    int32_t k = 0;
    for (; k + ew_width<ew_lanes>() <= kept; k += ew_width<ew_lanes>()) {
        ew_lanes sum = {};
        for (int32_t i = 0; i < count; ++i) sum += ew_get<ew_lanes>(matrix + i * kept + k) * values[i];
        ew_put(out + k, sum);
    }
    for (; k < kept; ++k) {
        float sum = 0.0f;
        for (int32_t i = 0; i < count; ++i) sum += matrix[i * kept + k] * values[i];
        out[k] = sum;
    }
}

void ew_sliding_normalise(float* rows, int32_t frames, int32_t width, int32_t window, float* scratch) {
    float* const column = scratch;
    float* const sums = column + frames + 1;
    float* const local = sums + frames + 1;
    for (int32_t c = 0; c < width; ++c) {
        for (int32_t i = 0; i < frames; ++i) column[i] = rows[i * width + c];
        // Without their mean the sums stay small, and differences of sums exact.
        if (!centre(column, frames)) {
            for (int32_t i = 0; i < frames; ++i) rows[i * width + c] = 0.0f;
            continue;
        }
        sums[0] = 0.0f;
        for (int32_t i = 0; i < frames; ++i) sums[i + 1] = sums[i] + column[i];
        local_means(column, sums, frames, window, local);
        for (int32_t i = 0; i < frames; ++i) column[i] -= local[i];
        for (int32_t i = 0; i < frames; ++i) sums[i + 1] = sums[i] + column[i];
        local_means(column, sums, frames, window, local);
        for (int32_t i = 0; i < frames; ++i) sums[i + 1] = sums[i] + column[i] * column[i];
        local_deviations(column, sums, frames, window, local, local);
        for (int32_t i = 0; i < frames; ++i) rows[i * width + c] = column[i] / (local[i] + 1e-10f);
    }
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
// J. W. J. Williams, "Algorithm 232: Heapsort", 1964.
#include "edgewright/order.h"

#include "edgewright/scalar.h"

namespace EW_NS {
namespace {

void sift(float* values, int32_t root, int32_t count) {
    const float moved = values[root];
    int32_t child = 2 * root + 1;
    while (child < count) {
        if (child + 1 < count && values[child + 1] > values[child]) ++child;
        if (!(values[child] > moved)) break;
        values[root] = values[child];
        root = child;
        child = 2 * root + 1;
    }
    values[root] = moved;
}

}  // namespace

float ew_nth_largest(const float* values, const int32_t* chosen, int32_t count, int32_t n) {
    float found = 0.0f;
    for (int32_t passed = 0, round = 0; passed < n && round < count; ++round) {
        const float above = found;  // all values down to this one are passed
        int32_t equal = 0;
        for (int32_t i = 0; i < count; ++i) {
            const float value = values[chosen == nullptr ? i : chosen[i]];
            if (round > 0 && !(value < above)) continue;
            if (equal == 0 || value > found) {
                found = value;
                equal = 1;
            } else if (value == found) {
                ++equal;
            }
        }
        if (equal == 0) break;
        passed += equal;
    }
    return found;
}

void ew_sort(float* values, int32_t count) {
    for (int32_t root = count / 2 - 1; root >= 0; --root) sift(values, root, count);
    for (int32_t last = count - 1; last > 0; --last) {
        const float largest = values[0];
        values[0] = values[last];
        values[last] = largest;
        sift(values, 0, last);
    }
}

float ew_entropy(const float* values, int32_t count, float minimum, float maximum, int32_t* counts, int32_t bins) {
    if (!(maximum > minimum)) return 0.0f;
    for (int32_t bin = 0; bin < bins; ++bin) counts[bin] = 0;
    const float width = maximum - minimum;
    for (int32_t i = 0; i < count; ++i) {
        const int32_t bin = static_cast<int32_t>((values[i] - minimum) / width * static_cast<float>(bins));
        ++counts[bin < bins ? bin : bins - 1];
    }
    float entropy = 0.0f;
    for (int32_t bin = 0; bin < bins; ++bin) {
        if (counts[bin] == 0) continue;
        const float share = static_cast<float>(counts[bin]) / static_cast<float>(count);
        entropy -= share * logf(share);
    }
    return entropy;
}

float ew_crossings(const float* values, int32_t count, float level) {
    int32_t crossings = 0;
    for (int32_t i = 1; i < count; ++i) {
        if ((values[i] > level) != (values[i - 1] > level)) ++crossings;
    }
    return static_cast<float>(crossings) / static_cast<float>(count);
}

}  // namespace EW_NS

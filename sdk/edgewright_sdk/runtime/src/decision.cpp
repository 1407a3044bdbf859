// SPDX-License-Identifier: Apache-2.0
#include "edgewright/decision.h"

#include "edgewright/vector.h"

namespace EW_NS {
namespace {

const float* at(const unsigned char* memory, int32_t offset) {
    return offset < 0 ? nullptr : reinterpret_cast<const float*>(memory + offset);
}

float smooth(float value, float smoothing, float* previous, bool first) {
    if (previous == nullptr) return value;
    *previous = first ? value : smoothing * *previous + (1.0f - smoothing) * value;
    return *previous;
}

}  // namespace

float ew_p_value(const ew_quantiles& quantiles, float score) {
    if (quantiles.held_out < 1) return -1.0f;
    int32_t low = 0;  // first value that is >= score, by bisection
    int32_t high = quantiles.count;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (quantiles.values[middle] >= score) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    int32_t extreme = 0;
    if (low < quantiles.count) extreme = quantiles.counts == nullptr ? quantiles.held_out - low : quantiles.counts[low];
    return static_cast<float>(extreme + 1) / static_cast<float>(quantiles.held_out + 1);
}

int32_t ew_largest(const float* values, int32_t count, ew_contribution* top, int32_t wanted) {
    int32_t found = 0;
    for (int32_t i = 0; i < count; ++i) {
        int32_t place = found;
        while (place > 0 && top[place - 1].value < values[i]) --place;
        if (place >= wanted) continue;
        const int32_t last = found < wanted ? found : wanted - 1;
        for (int32_t j = last; j > place; --j) top[j] = top[j - 1];
        top[place].feature = i;
        top[place].value = values[i];
        if (found < wanted) ++found;
    }
    return found;
}

ew_status ew_conclude(const ew_learning& node, const unsigned char* memory, float threshold, float smoothing,
                      float* history, bool first, ew_outcome* outcome) {
    const float* const scores = at(memory, node.scores);
    const float* const classes = at(memory, node.probabilities);
    *outcome = ew_outcome();
    outcome->threshold = threshold;
    outcome->p_value = -1.0f;
    outcome->class_scores = classes;
    outcome->map = at(memory, node.map);

    if (node.kind == ew_classification) {
        if (classes == nullptr || node.class_count < 1) return ew_bad_tables;
        if (!ew_all_finite(classes, node.class_count)) return ew_not_finite;
        outcome->decision = -1;
        for (int32_t i = 0; i < node.class_count; ++i) {
            const float value = smooth(classes[i], smoothing, history == nullptr ? nullptr : history + i, first);
            if (i == 0 || value > outcome->smoothed) {
                outcome->smoothed = value;
                outcome->score = classes[i];
                outcome->decision = i;
            }
        }
        if (outcome->smoothed < threshold) outcome->decision = -1;
        return ew_ok;
    }

    if (scores == nullptr) return ew_bad_tables;
    if (!ew_all_finite(scores, 1)) return ew_not_finite;
    outcome->score = scores[0];
    outcome->smoothed = smooth(scores[0], smoothing, history, first);
    if (node.kind == ew_anomaly) {
        outcome->decision = outcome->smoothed > threshold ? 1 : 0;
        outcome->p_value = ew_p_value(node.quantiles, outcome->score);
    }
    const float* const contributions = at(memory, node.contributions);
    if (contributions != nullptr) {
        outcome->contribution_count = ew_largest(contributions, node.contribution_count, outcome->contributions, ew_top);
    }
    return ew_ok;
}

}  // namespace EW_NS

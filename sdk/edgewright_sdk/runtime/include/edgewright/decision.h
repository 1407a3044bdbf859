// SPDX-License-Identifier: Apache-2.0
// From a learning node's outputs to an outcome: smoothing, threshold, p-value, the largest contributions.
#ifndef EDGEWRIGHT_DECISION_H
#define EDGEWRIGHT_DECISION_H

#include "edgewright/node.h"

namespace EW_NS {

enum ew_kind : int32_t { ew_anomaly = 0, ew_classification = 1, ew_regression = 2 };

constexpr int32_t ew_top = 3;

// Scores of held-out normals, ascending: `counts[j]` of the `held_out` scores are greater than `values[j - 1]`. Without
// counts, `values` are all scores.
struct ew_quantiles {
    int32_t held_out;  // 0: unknown
    int32_t count;
    const float* values;
    const int32_t* counts;
};

// Where a learning node's outputs lie in the arena, in bytes; -1: it has no such output.
struct ew_learning {
    ew_kind kind;
    int32_t scores;
    int32_t contributions;
    int32_t contribution_count;
    int32_t probabilities;
    int32_t class_count;
    int32_t map;
    int32_t map_height;
    int32_t map_width;
    ew_quantiles quantiles;
};

struct ew_contribution {
    int32_t feature;
    float value;
};

struct ew_outcome {
    int32_t decision;
    float score;
    float smoothed;
    float threshold;
    float p_value;
    int32_t contribution_count;
    ew_contribution contributions[ew_top];
    const float* class_scores;
    const float* map;
};

// (k + 1) / (held_out + 1), k the number of held-out scores at least as extreme as `score`; -1 when unknown.
float ew_p_value(const ew_quantiles& quantiles, float score);

// Write index and value of the `wanted` largest of `count` values, largest first; returns how many there are.
int32_t ew_largest(const float* values, int32_t count, ew_contribution* top, int32_t wanted);

// Conclude from the outputs of `node` in `memory`. `history` holds the smoothed values of a stream (1, or one a class)
// and is null in one-shot calls; `first` starts it. smoothed = smoothing * previous + (1 - smoothing) * new.
ew_status ew_conclude(const ew_learning& node, const unsigned char* memory, float threshold, float smoothing,
                      float* history, bool first, ew_outcome* outcome);

}  // namespace EW_NS

#endif

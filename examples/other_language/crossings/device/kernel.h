// SPDX-License-Identifier: Apache-2.0
// The algorithm, once: this host program and the device both call it, so they compute the same bytes.
#pragma once
#include <stdint.h>

// Features of one axis of a window (length, axes): crossings of its mean a second, and largest minus smallest sample.
// `rate` is samples a second over length − 1.
static inline void crossings_of_axis(const float* window, int32_t length, int32_t axes, int32_t axis, float scale,
                                     float hysteresis, float rate, float* features) {
    float sum = 0.0f;
    float smallest = window[axis] * scale;
    float largest = smallest;
    for (int32_t i = 0; i < length; ++i) {
        const float value = window[i * axes + axis] * scale;
        sum += value;
        if (value < smallest) smallest = value;
        if (value > largest) largest = value;
    }
    const float mean = sum / static_cast<float>(length);
    int32_t side = 0;
    int32_t count = 0;
    for (int32_t i = 0; i < length; ++i) {
        const float away = window[i * axes + axis] * scale - mean;
        const int32_t now = away > hysteresis ? 1 : away < -hysteresis ? -1 : 0;
        if (now != 0 && side != 0 && now != side) ++count;
        if (now != 0) side = now;
    }
    features[0] = static_cast<float>(count) * rate;
    features[1] = largest - smallest;
}

// SPDX-License-Identifier: Apache-2.0
#include "edgewright/drift.h"

namespace EW_NS {

float ew_drift(const ew_scaler& scaler, const float* x, float* running) {
    constexpr float past = 99.0f / 101.0f;  // (k - 1) / (k + 1) for k = 100 windows
    constexpr float farthest = 10.0f;
    float largest = 0.0f;
    for (int32_t i = 0; i < scaler.count; ++i) {
        const float value = (x[scaler.selected[i]] - scaler.mean[i]) / scaler.scale[i];
        const float z = value > farthest ? farthest : value < -farthest ? -farthest : value;
        running[i] = past * running[i] + (1.0f - past) * z;
        const float size = running[i] < 0.0f ? -running[i] : running[i];
        if (size > largest) largest = size;
    }
    return largest;
}

}  // namespace EW_NS

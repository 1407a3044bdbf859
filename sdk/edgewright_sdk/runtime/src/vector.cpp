// SPDX-License-Identifier: Apache-2.0
#include "edgewright/vector.h"

#include "edgewright/lanes.h"

namespace EW_NS {

float ew_squared_distance(const float* a, const float* b, int32_t count) {
    float lanes[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (int32_t j = 0; j < 4; ++j) {
            const float d = a[i + j] - b[i + j];
            lanes[j] += d * d;
        }
    }
    for (int32_t j = 0; i < count; ++i, ++j) {
        const float d = a[i] - b[i];
        lanes[j] += d * d;
    }
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

float ew_dot(const float* a, const float* b, int32_t count) {
    int32_t i = 0;
    ew_lanes lanes = {};
    for (; i + ew_width<ew_lanes>() <= count; i += ew_width<ew_lanes>()) {
        lanes += ew_get<ew_lanes>(a + i) * ew_get<ew_lanes>(b + i);
    }
    float sum = ew_added(lanes);
    for (; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

float ew_total(const float* values, int32_t count) {
    float total = 0.0f;
    for (int32_t start = 0; start < count; start += 256) {
        const int32_t end = count - start < 256 ? count : start + 256;
        ew_lanes lanes = {};
        int32_t i = start;
        for (; i + ew_width<ew_lanes>() <= end; i += ew_width<ew_lanes>()) lanes += ew_get<ew_lanes>(values + i);
        float sum = ew_added(lanes);
        for (; i < end; ++i) sum += values[i];
        total += sum;
    }
    return total;
}

bool ew_all_finite(const float* values, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
        if ((ew_bits<uint32_t>(values[i]) & 0x7f800000u) == 0x7f800000u) return false;
    }
    return true;
}

}  // namespace EW_NS

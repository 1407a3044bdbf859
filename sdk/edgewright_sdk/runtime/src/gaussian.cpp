// SPDX-License-Identifier: Apache-2.0
#include "edgewright/gaussian.h"

#include "edgewright/scalar.h"
#include "edgewright/vector.h"

namespace EW_NS {

int32_t ew_root_size(int32_t kind, int32_t count) {
    switch (kind) {
        case ew_root_triangle:
            return count * (count + 1) / 2;
        case ew_root_diagonal:
            return count;
        case ew_root_number:
            return 1;
        default:
            return 0;
    }
}

float ew_whiten(int32_t kind, const float* root, const float* delta, int32_t count, float* whitened) {
    for (int32_t i = 0; i < count; ++i) {
        if (kind != ew_root_triangle) {
            whitened[i] = (kind == ew_root_diagonal ? root[i] : root[0]) * delta[i];
            continue;
        }
        whitened[i] = ew_dot(root, delta, i + 1);
        for (int32_t j = 0; j < i; ++j) whitened[j] += root[j] * delta[i];
        root += i + 1;
    }
    return ew_dot(whitened, whitened, count);
}

void ew_log_sum_add(ew_log_sum& total, float term) {
    if (term > total.top) {
        total.sum = total.sum * expf(total.top - term) + 1.0f;
        total.top = term;
    } else {
        total.sum += term == total.top ? 1.0f : expf(term - total.top);  // equal infinities have no difference
    }
}

}  // namespace EW_NS

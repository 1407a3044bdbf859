// SPDX-License-Identifier: Apache-2.0
#include "edgewright/gaussian.h"

#include "edgewright/scalar.h"
#include "edgewright/vector.h"

namespace EW_NS {

int32_t ew_factor_size(int32_t kind, int32_t count) {
    switch (kind) {
        case ew_factor_triangle:
            return count * (count + 1) / 2;
        case ew_factor_diagonal:
            return count;
        case ew_factor_number:
            return 1;
        default:
            return 0;
    }
}

float ew_whiten(int32_t kind, const float* factor, const float* delta, int32_t count, float* whitened) {
    for (int32_t i = 0; i < count; ++i) {
        if (kind == ew_factor_triangle) {
            whitened[i] = ew_dot(factor, delta, i + 1);
            factor += i + 1;
        } else {
            whitened[i] = (kind == ew_factor_diagonal ? factor[i] : factor[0]) * delta[i];
        }
    }
    return ew_dot(whitened, whitened, count);
}

void ew_pull(int32_t kind, const float* factor, const float* whitened, int32_t count, float* pull) {
    for (int32_t i = 0; i < count; ++i) {
        if (kind == ew_factor_triangle) {
            pull[i] = 0.0f;
            for (int32_t j = 0; j <= i; ++j) pull[j] += factor[j] * whitened[i];
            factor += i + 1;
        } else {
            pull[i] = (kind == ew_factor_diagonal ? factor[i] : factor[0]) * whitened[i];
        }
    }
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

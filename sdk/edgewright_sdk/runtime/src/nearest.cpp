// SPDX-License-Identifier: Apache-2.0
#include "edgewright/nearest.h"

#include "edgewright/lanes.h"
#include "edgewright/network_gemm.h"
#include "edgewright/scalar.h"
#include "edgewright/vector.h"

namespace EW_NS {
namespace {

constexpr int32_t at_once = 32;  // features after which a distance is compared with the best one
constexpr float rounding = 1.0f / (1 << 22);

int32_t places_of(const ew_bank& bank) {
    return (bank.kept + ew_bound_block - 1) / ew_bound_block * ew_bound_block;
}

// How wrong sums of so many products can be.
float slack_of(const ew_bank& bank, float square) {
    return static_cast<float>(bank.features + 8) * rounding * (square > bank.largest ? square : bank.largest);
}

// out[count][outputs] = bias + in[count][inputs] times weights.
void multiply(const float* in, int32_t count, int32_t inputs, const float* weights, const float* bias, int32_t outputs,
              float* out) {
    ew_convolve call = {};
    call.groups = call.in_height = call.out_height = 1;
    call.kernel_height = call.kernel_width = call.stride_height = call.stride_width = 1;
    call.dilation_height = call.dilation_width = 1;
    call.in_width = call.out_width = count;
    call.in_channels = inputs;
    call.out_channels = outputs;
    ew_convolve_panels(call, {in, weights, bias, nullptr, out, -ew_infinity, ew_infinity});
}

float least_of_block(const float* bounds) {
    ew_lanes low = ew_get<ew_lanes>(bounds);
    for (int32_t i = ew_width<ew_lanes>(); i < ew_bound_block; i += ew_width<ew_lanes>()) {
        const ew_lanes next = ew_get<ew_lanes>(bounds + i);
        low = next < low ? next : low;
    }
    return ew_least(low);
}

int32_t least_at(const float* bounds, int32_t count) {
    int32_t at = 0;
    for (int32_t start = 0; start < count; start += ew_bound_block) {
        if (!(least_of_block(bounds + start) < bounds[at])) continue;
        for (int32_t i = start; i < start + ew_bound_block; ++i) at = bounds[i] < bounds[at] ? i : at;
    }
    return at;
}

// Measure all that aren't too far away by their bounds, which are less than the squares by `own`.
int32_t nearest_within(const ew_bank& bank, const float* cell, float own, const float* bounds) {
    const int32_t places = places_of(bank);
    const int32_t first = least_at(bounds, places);
    int32_t nearest = first < bank.kept ? first : 0;
    float least = ew_kept_square(bank, cell, nearest, ew_infinity);
    const float slack = slack_of(bank, own) - own;
    for (int32_t start = 0; start < places; start += ew_bound_block) {
        if (!(least_of_block(bounds + start) <= least + slack)) continue;
        for (int32_t i = start; i < start + ew_bound_block && i < bank.kept; ++i) {
            if (!(bounds[i] <= least + slack) || i == first) continue;
            const float found = ew_kept_square(bank, cell, i, least);
            if (found < least) {
                least = found;
                nearest = i;
            }
        }
    }
    return nearest;
}

int32_t nearest_of_all(const ew_bank& bank, const float* cell, int32_t nearest) {
    float least = ew_kept_square(bank, cell, nearest, ew_infinity);
    for (int32_t k = 0; k < bank.kept; ++k) {
        const float found = ew_kept_square(bank, cell, k, least);
        if (found < least) {
            least = found;
            nearest = k;
        }
    }
    return nearest;
}

}  // namespace

int32_t ew_nearest_scratch(const ew_bank& bank, int32_t count) {
    return bank.leading == 0 ? 0 : count * (bank.leading + 2 + places_of(bank));
}

float ew_kept_square(const ew_bank& bank, const float* cell, int32_t place, float most) {
    const int32_t row = place * bank.features;
    float sum = 0.0f;
    for (int32_t i = 0; i < bank.features && sum <= most; i += at_once) {
        const int32_t count = bank.features - i < at_once ? bank.features - i : at_once;
        if (bank.cells != nullptr) {
            sum += ew_squared_distance(cell + i, bank.cells + row + i, count);
            continue;
        }
        float values[at_once];
        for (int32_t j = 0; j < count; ++j) {
            values[j] = bank.offset[i + j] + bank.scale[i + j] * static_cast<float>(bank.steps[row + i + j]);
        }
        sum += ew_squared_distance(cell + i, values, count);
    }
    return sum;
}

void ew_find_nearest(const ew_bank& bank, const float* cells, int32_t count, float* scratch, int32_t* nearest) {
    const int32_t features = bank.features;
    if (bank.leading == 0) {
        for (int32_t i = 0; i < count; ++i) {
            nearest[i] = nearest_of_all(bank, cells + i * features, nearest[i == 0 ? 0 : i - 1]);
        }
        return;
    }
    const int32_t wide = bank.leading + 1, places = places_of(bank);
    float* const own = scratch;
    float* const turned = own + count;
    float* const bounds = turned + count * wide;
    multiply(cells, count, features, bank.directions, bank.shifts, wide, turned);
    for (int32_t i = 0; i < count; ++i) {
        float* const along = turned + i * wide;
        own[i] = ew_squared_distance(cells + i * features, bank.middle, features);
        const float rest = own[i] - ew_dot(along, along, bank.leading) + slack_of(bank, own[i]);
        along[bank.leading] = ew_sqrt(rest > 0.0f ? rest : 0.0f);
    }
    multiply(turned, count, wide, bank.panels, bank.squares, places, bounds);
    for (int32_t i = 0; i < count; ++i) {
        nearest[i] = nearest_within(bank, cells + i * features, own[i], bounds + i * places);
    }
}

}  // namespace EW_NS

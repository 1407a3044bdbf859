// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_values.h"

#include "edgewright/network_checks.h"
#include "edgewright/scalar.h"
#include "edgewright/vector.h"

namespace EW_NS {
namespace {

float clipped(float x, float low, float high) {
    const float raised = x < low ? low : x;
    return raised > high ? high : raised;
}

float sigmoid(float x) {
    const float e = expf(x < 0.0f ? x : -x);
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

// Near zero by its series: 1 - e would lose the digits.
float hyperbolic_tangent(float x) {
    const float size = x < 0.0f ? -x : x;
    if (size < 0.1f) return x * (1.0f - x * x * (1.0f / 3.0f - x * x * (2.0f / 15.0f)));
    const float e = expf(-2.0f * size);
    const float value = (1.0f - e) / (1.0f + e);
    return x < 0.0f ? -value : value;
}

template <class Function>
bool each(float* values, int32_t count, Function function) {
    for (int32_t i = 0; i < count; ++i) values[i] = function(values[i]);
    return true;
}

// All channels of one place of what pooling gives.
void pool_pixel(const ew_pool& call, const float* in, int32_t y, int32_t x, float* out) {
    const int32_t channels = call.channels;
    int32_t real = 0, counted = 0;
    for (int32_t i = 0; i < call.kernel_height; ++i) {
        const int32_t row = y * call.stride_height + i * call.dilation_height - call.pad_top;
        if (row >= call.in_height + call.pad_bottom) break;
        for (int32_t j = 0; j < call.kernel_width; ++j) {
            const int32_t column = x * call.stride_width + j * call.dilation_width - call.pad_left;
            if (column >= call.in_width + call.pad_right) break;
            ++counted;
            if (row < 0 || row >= call.in_height || column < 0 || column >= call.in_width) continue;
            const float* const values = in + (row * call.in_width + column) * channels;
            if (real++ == 0) {
                for (int32_t c = 0; c < channels; ++c) out[c] = values[c];
            } else if (call.pooling == ew_pool_max) {
                for (int32_t c = 0; c < channels; ++c) out[c] = values[c] > out[c] ? values[c] : out[c];
            } else {
                for (int32_t c = 0; c < channels; ++c) out[c] += values[c];
            }
        }
    }
    if (real == 0) {
        for (int32_t c = 0; c < channels; ++c) out[c] = 0.0f;
    } else if (call.pooling != ew_pool_max) {
        const float divisor = static_cast<float>(call.pooling == ew_pool_average ? real : counted);
        for (int32_t c = 0; c < channels; ++c) out[c] /= divisor;
    }
}

float reduced(const ew_reduce& call, const float* in) {
    if (call.reduction == ew_reduce_max || call.reduction == ew_reduce_min) {
        float best = in[0];
        for (int32_t i = 1; i < call.count; ++i) {
            const float value = in[i * call.inner];
            if (call.reduction == ew_reduce_max ? value > best : value < best) best = value;
        }
        return best;
    }
    float sum = 0.0f;
    if (call.inner == 1) {
        sum = ew_total(in, call.count);
    } else {
        for (int32_t i = 0; i < call.count; ++i) sum += in[i * call.inner];
    }
    return call.reduction == ew_reduce_sum ? sum : sum / static_cast<float>(call.count);
}

void softmax(const float* in, float* out, int32_t count, int32_t step) {
    float top = in[0], sum = 0.0f;
    for (int32_t i = 1; i < count; ++i) top = in[i * step] > top ? in[i * step] : top;
    for (int32_t i = 0; i < count; ++i) {
        out[i * step] = expf(in[i * step] - top);
        sum += out[i * step];
    }
    for (int32_t i = 0; i < count; ++i) out[i * step] /= sum;
}

}  // namespace

const float* ew_activation_numbers(const ew_program& program, int32_t numbers, bool& known) {
    const float* const found = numbers == ew_nowhere ? nullptr : ew_read(program, numbers, 2);
    known = numbers == ew_nowhere || found != nullptr;
    return found;
}

bool ew_activated(float* values, int32_t count, int32_t activation, const float* numbers) {
    const bool takes = activation == ew_activation_clip || activation == ew_activation_leaky ||
                       activation == ew_activation_hard_sigmoid;
    if (takes && numbers == nullptr) return false;
    const float a = takes ? numbers[0] : 0.0f, b = takes ? numbers[1] : 0.0f;
    switch (activation) {
        case ew_activation_none: return true;
        case ew_activation_clip: return each(values, count, [=](float x) { return clipped(x, a, b); });
        case ew_activation_leaky: return each(values, count, [=](float x) { return x < 0.0f ? a * x : x; });
        case ew_activation_sigmoid: return each(values, count, sigmoid);
        case ew_activation_tanh: return each(values, count, hyperbolic_tangent);
        case ew_activation_hard_sigmoid:
            return each(values, count, [=](float x) { return clipped(a * x + b, 0.0f, 1.0f); });
        case ew_activation_hard_swish:
            return each(values, count, [](float x) { return x * clipped(x * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f); });
        case ew_activation_exp: return each(values, count, [](float x) { return expf(x); });
        case ew_activation_sqrt: return each(values, count, [](float x) { return ew_sqrt(x); });
        case ew_activation_abs: return each(values, count, [](float x) { return x < 0.0f ? -x : x; });
        default: return false;
    }
}

bool ew_run_activate(const ew_program& program, const ew_activate& call) {
    const float* const in = ew_read(program, call.in, call.count);
    float* const out = ew_write(program, call.out, call.count);
    bool known = false;
    const float* const numbers = ew_activation_numbers(program, call.numbers, known);
    if (in == nullptr || out == nullptr || !known) return false;
    if (in != out) {
        for (int32_t i = 0; i < call.count; ++i) out[i] = in[i];
    }
    return ew_activated(out, call.count, call.activation, numbers);
}

bool ew_run_softmax(const ew_program& program, const ew_softmax& call) {
    const int32_t sizes[3] = {call.outer, call.count, call.inner};
    const int64_t count = ew_volume(sizes, 3);
    const float* const in = ew_read(program, call.in, count);
    float* const out = ew_write(program, call.out, count);
    if (in == nullptr || out == nullptr) return false;
    for (int32_t o = 0; o < call.outer; ++o) {
        for (int32_t i = 0; i < call.inner; ++i) {
            const int32_t at = o * call.count * call.inner + i;
            softmax(in + at, out + at, call.count, call.inner);
        }
    }
    return true;
}

bool ew_run_reduce(const ew_program& program, const ew_reduce& call) {
    const int32_t sizes[3] = {call.outer, call.count, call.inner};
    const int32_t out_sizes[2] = {call.outer, call.inner};
    const float* const in = ew_read(program, call.in, ew_volume(sizes, 3));
    float* const out = ew_write(program, call.out, ew_volume(out_sizes, 2));
    if (in == nullptr || out == nullptr || call.reduction < ew_reduce_mean || call.reduction > ew_reduce_min) {
        return false;
    }
    for (int32_t o = 0; o < call.outer; ++o) {
        for (int32_t i = 0; i < call.inner; ++i) {
            out[o * call.inner + i] = reduced(call, in + o * call.count * call.inner + i);
        }
    }
    return true;
}

bool ew_run_pool(const ew_program& program, const ew_pool& call) {
    const int32_t in_sizes[3] = {call.in_height, call.in_width, call.channels};
    const int32_t out_sizes[3] = {call.out_height, call.out_width, call.channels};
    const float* const in = ew_read(program, call.in, ew_volume(in_sizes, 3));
    float* out = ew_write(program, call.out, ew_volume(out_sizes, 3));
    if (in == nullptr || out == nullptr || !ew_is_pooling(call)) return false;
    for (int32_t y = 0; y < call.out_height; ++y) {
        for (int32_t x = 0; x < call.out_width; ++x, out += call.channels) pool_pixel(call, in, y, x, out);
    }
    return true;
}

}  // namespace EW_NS

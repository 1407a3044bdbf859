// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_values.h"

#include "edgewright/exponential.h"
#include "edgewright/network_checks.h"
#include "edgewright/registers.h"
#include "edgewright/scalar.h"
#include "edgewright/vector.h"

namespace EW_NS {
namespace {

constexpr int32_t widest = ew_width<ew_widest>();

// What a function makes of each value; of two.
template <class Function>
bool each(const float* in, float* out, int32_t count, Function function) {
    int32_t i = 0;
    for (; i + widest <= count; i += widest) ew_put(out + i, function(ew_get<ew_widest>(in + i)));
    for (; i < count; ++i) out[i] = function(in[i]);
    return true;
}

template <class Function>
void merge(float* out, const float* in, int32_t count, Function function) {
    int32_t i = 0;
    for (; i + widest <= count; i += widest) {
        ew_put(out + i, function(ew_get<ew_widest>(out + i), ew_get<ew_widest>(in + i)));
    }
    for (; i < count; ++i) out[i] = function(out[i], in[i]);
}

// Functions as objects, for registers and single values alike: generic lambdas came with C++14.
struct larger {
    template <class Value>
    Value operator()(Value a, Value b) const {
        return b > a ? b : a;
    }
};

struct smaller {
    template <class Value>
    Value operator()(Value a, Value b) const {
        return b < a ? b : a;
    }
};

struct added {
    template <class Value>
    Value operator()(Value a, Value b) const {
        return a + b;
    }
};

struct share {
    float divisor;
    template <class Value>
    Value operator()(Value x) const {
        return x / divisor;
    }
};

struct same {
    template <class Value>
    Value operator()(Value x) const {
        return x;
    }
};

struct clipped {
    float low, high;
    template <class Value>
    Value operator()(Value x) const {
        return ew_clipped(x, ew_all<Value>(low), ew_all<Value>(high));
    }
};

struct leaky {
    float slope;
    template <class Value>
    Value operator()(Value x) const {
        return x < Value{} ? slope * x : x;
    }
};

struct size_of {
    template <class Value>
    Value operator()(Value x) const {
        return x < Value{} ? -x : x;
    }
};

struct sigmoid {
    template <class Value>
    Value operator()(Value x) const {
        const Value e = ew_exponential(-size_of{}(x)), one = ew_all<Value>(1.0f);
        return (x < Value{} ? e : one) / (one + e);
    }
};

// Near zero by its series: 1 - e would lose the digits.
struct hyperbolic_tangent {
    template <class Value>
    Value operator()(Value x) const {
        const Value size = size_of{}(x), e = ew_exponential(size * -2.0f);
        const Value far = (1.0f - e) / (1.0f + e), square = x * x;
        const Value near = x * (1.0f - square * (1.0f / 3.0f - square * (2.0f / 15.0f)));
        return size < ew_all<Value>(0.1f) ? near : x < Value{} ? -far : far;
    }
};

// a x + b between 0 and 1.
struct hard_sigmoid {
    float a, b;
    template <class Value>
    Value operator()(Value x) const {
        return ew_clipped(a * x + b, Value{}, ew_all<Value>(1.0f));
    }
};

struct hard_swish {
    template <class Value>
    Value operator()(Value x) const {
        return x * hard_sigmoid{1.0f / 6.0f, 0.5f}(x);
    }
};

struct exponential {
    template <class Value>
    Value operator()(Value x) const {
        return ew_exponential(x);
    }
};

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
                merge(out, values, channels, larger{});
            } else {
                merge(out, values, channels, added{});
            }
        }
    }
    if (real == 0) {
        for (int32_t c = 0; c < channels; ++c) out[c] = 0.0f;
    } else if (call.pooling != ew_pool_max) {
        const float divisor = static_cast<float>(call.pooling == ew_pool_average ? real : counted);
        each(out, out, channels, share{divisor});
    }
}

// Values side by side are one sum: in pieces, so that the error stays small.
float total(const ew_reduce& call, const float* in) {
    const float sum = ew_total(in, call.count);
    return call.reduction == ew_reduce_sum ? sum : sum / static_cast<float>(call.count);
}

// Rows of `inner` values to one.
void reduce_rows(const ew_reduce& call, const float* in, float* out) {
    for (int32_t c = 0; c < call.inner; ++c) out[c] = in[c];
    for (int32_t i = 1; i < call.count; ++i) {
        const float* const row = in + i * call.inner;
        if (call.reduction == ew_reduce_max) {
            merge(out, row, call.inner, larger{});
        } else if (call.reduction == ew_reduce_min) {
            merge(out, row, call.inner, smaller{});
        } else {
            merge(out, row, call.inner, added{});
        }
    }
    if (call.reduction == ew_reduce_mean) {
        const float divisor = static_cast<float>(call.count);
        each(out, out, call.inner, share{divisor});
    }
}

void softmax(const float* in, float* out, int32_t count, int32_t step) {
    float top = in[0], sum = 0.0f;
    for (int32_t i = 1; i < count; ++i) top = larger{}(top, in[i * step]);
    for (int32_t i = 0; i < count; ++i) {
        out[i * step] = ew_exponential(in[i * step] - top);
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

bool ew_activated(const float* in, float* out, int32_t count, int32_t activation, const float* numbers) {
    const bool takes = activation == ew_activation_clip || activation == ew_activation_leaky ||
                       activation == ew_activation_hard_sigmoid;
    if (takes && numbers == nullptr) return false;
    const float a = takes ? numbers[0] : 0.0f, b = takes ? numbers[1] : 0.0f;
    switch (activation) {
        case ew_activation_none: return in == out || each(in, out, count, same{});
        case ew_activation_clip: return each(in, out, count, clipped{a, b});
        case ew_activation_leaky: return each(in, out, count, leaky{a});
        case ew_activation_sigmoid: return each(in, out, count, sigmoid{});
        case ew_activation_tanh: return each(in, out, count, hyperbolic_tangent{});
        case ew_activation_hard_sigmoid: return each(in, out, count, hard_sigmoid{a, b});
        case ew_activation_hard_swish: return each(in, out, count, hard_swish{});
        case ew_activation_exp: return each(in, out, count, exponential{});
        case ew_activation_sqrt:
            for (int32_t i = 0; i < count; ++i) out[i] = ew_sqrt(in[i]);
            return true;
        case ew_activation_abs: return each(in, out, count, size_of{});
        default: return false;
    }
}

bool ew_run_activate(const ew_program& program, const ew_activate& call) {
    const float* const in = ew_read(program, call.in, call.count);
    float* const out = ew_write(program, call.out, call.count);
    bool known = false;
    const float* const numbers = ew_activation_numbers(program, call.numbers, known);
    if (in == nullptr || out == nullptr || !known) return false;
    return ew_activated(in, out, call.count, call.activation, numbers);
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
        const float* const from = in + o * call.count * call.inner;
        if (call.inner == 1 && call.reduction <= ew_reduce_sum) {
            out[o] = total(call, from);
        } else {
            reduce_rows(call, from, out + o * call.inner);
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

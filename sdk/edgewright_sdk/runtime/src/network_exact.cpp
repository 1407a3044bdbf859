// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_exact.h"

namespace EW_NS {
namespace {

// e^x of a number up to 0: 2^k e^r. Below -87 as of -87.
float power_of_e(float x) {
    constexpr float magic = 12582912.0f;  // 1.5 * 2^23: a sum with it is a multiple of 1
    if (!(x > -87.0f)) x = -87.0f;
    const float k = (x * 1.44269504f + magic) - magic;
    const float r = (x - k * 0.693359375f) - k * -2.12194440e-4f;
    float sum = 1.9875691500e-4f;
    sum = sum * r + 1.3981999507e-3f;
    sum = sum * r + 8.3334519073e-3f;
    sum = sum * r + 4.1665795894e-2f;
    sum = sum * r + 1.6666665459e-1f;
    sum = sum * r + 5.0000001201e-1f;
    sum = (sum * (r * r) + r) + 1.0f;
    return sum * ew_bits<float>((static_cast<int32_t>(k) + 127) << 23);
}

float sigmoid(float x) {
    const float power = power_of_e(x < 0.0f ? x : -x);
    return (x < 0.0f ? power : 1.0f) / (1.0f + power);
}

void softmax(const float* in, float* out, int32_t count, int32_t step) {
    float top = in[0];
    for (int32_t i = 1; i < count; ++i) top = in[i * step] > top ? in[i * step] : top;
    float sum = 0.0f;
    for (int32_t i = 0; i < count; ++i) {
        const float power = power_of_e(in[i * step] - top);
        out[i * step] = power;
        sum = i == 0 ? power : sum + power;
    }
    for (int32_t i = 0; i < count; ++i) out[i * step] /= sum;
}

float total(const float* in, int32_t count, int32_t step) {
    float sum = in[0];
    for (int32_t i = 1; i < count; ++i) sum += in[i * step];
    return sum;
}

}  // namespace

bool ew_run_exact(const ew_program& program, const ew_exact& call) {
    const int32_t sizes[3] = {call.outer, call.count, call.inner};
    const int32_t kept[2] = {call.outer, call.inner};
    const bool reduces = call.function == ew_exact_mean || call.function == ew_exact_sum;
    if (!reduces && call.function != ew_exact_softmax && call.function != ew_exact_sigmoid) return false;
    const int64_t count = ew_volume(sizes, 3);
    const float* const in = ew_read(program, call.in, count);
    float* const out = ew_write(program, call.out, reduces ? ew_volume(kept, 2) : count);
    if (in == nullptr || out == nullptr) return false;
    if (call.function == ew_exact_sigmoid) {
        for (int64_t i = 0; i < count; ++i) out[i] = sigmoid(in[i]);
        return true;
    }
    for (int32_t o = 0; o < call.outer; ++o) {
        for (int32_t i = 0; i < call.inner; ++i) {
            const int32_t at = o * call.count * call.inner + i;
            if (!reduces) {
                softmax(in + at, out + at, call.count, call.inner);
                continue;
            }
            const float sum = total(in + at, call.count, call.inner);
            out[o * call.inner + i] = call.function == ew_exact_sum ? sum : sum / static_cast<float>(call.count);
        }
    }
    return true;
}

}  // namespace EW_NS

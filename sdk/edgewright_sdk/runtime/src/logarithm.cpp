// SPDX-License-Identifier: Apache-2.0
// An exponent and the logarithm of a mantissa between the roots of 1/2 and 2, by the polynomial of the Cephes library
// (S. L. Moshier, "Methods and Programs for Mathematical Functions", 1989).
#include "edgewright/logarithm.h"

namespace EW_NS {
namespace {

float natural(float value) {
    // Below the smallest normal number the exponent's bits say nothing: 2^23 times the value is above it. All ones there:
    const int32_t tiny = (ew_bits<int32_t>(value) - 0x00800000) >> 31;
    const int32_t bits = ew_bits<int32_t>(value * ew_bits<float>(0x3f800000 + (tiny & (23 << 23)))) + (0x3f800000 - 0x3f3504f3);
    const float exponent = static_cast<float>((bits >> 23) - 127 - (tiny & 23));  // of a mantissa from the root of 1/2 on
    const float m = ew_bits<float>((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
    const float square = m * m;
    float y = 7.0376836292e-2f;
    y = y * m - 1.1514610310e-1f;
    y = y * m + 1.1676998740e-1f;
    y = y * m - 1.2420140846e-1f;
    y = y * m + 1.4249322787e-1f;
    y = y * m - 1.6668057665e-1f;
    y = y * m + 2.0000714765e-1f;
    y = y * m - 2.4999993993e-1f;
    y = y * m + 3.3333331174e-1f;
    y = y * m * square - 0.5f * square;
    y += exponent * -2.12194440e-4f;  // log 2 in two parts, the larger one exact
    return m + y + exponent * 0.693359375f;
}

}  // namespace

void ew_logarithms(float* values, int32_t count, float factor) {
    for (int32_t i = 0; i < count; ++i) values[i] = factor * natural(values[i]);
}

}  // namespace EW_NS

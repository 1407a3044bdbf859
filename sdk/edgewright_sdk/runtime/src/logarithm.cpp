// SPDX-License-Identifier: Apache-2.0
// An exponent and the logarithm of a mantissa between the roots of 1/2 and 2, by the polynomial of the Cephes library
// (S. L. Moshier, "Methods and Programs for Mathematical Functions", 1989).
#include "edgewright/logarithm.h"

namespace EW_NS {
namespace {

float from_bits(int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float natural(float value) {
    const bool tiny = value < 1.17549435e-38f;  // its exponent isn't a number's
    const float x = tiny ? value * 8388608.0f : value;
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits += 0x3f800000 - 0x3f3504f3;  // so that the mantissa begins at the root of 1/2
    const float exponent = static_cast<float>((bits >> 23) - (tiny ? 150 : 127));
    const float m = from_bits((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
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

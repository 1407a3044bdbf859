// SPDX-License-Identifier: Apache-2.0
// e to the power of x, for as many floats at a time as a register holds: the same on every width. Include it in a .cpp only.
#ifndef EDGEWRIGHT_EXPONENTIAL_H
#define EDGEWRIGHT_EXPONENTIAL_H

#include "edgewright/registers.h"

namespace EW_NS {

// Bits of a register of floats, as numbers.
template <class Value>
struct ew_bits_of {
    typedef uint32_t type __attribute__((vector_size(sizeof(Value))));
};

template <>
struct ew_bits_of<float> {
    typedef uint32_t type;
};

// Within 2 units in the last place; 0 below 1.8e-38, infinity above the largest float, NaN of NaN. The polynomial is that of
// the Cephes library, for x less the nearest multiple of ln 2.
template <class Value>
inline Value ew_exponential(Value x) {
    typedef typename ew_bits_of<Value>::type bits;
    x = ew_clipped(x, ew_all<Value>(-87.33f), ew_all<Value>(89.0f));
    const Value shifted = x * 1.44269504f + 12582912.0f;  // the last bits are the multiple
    const Value n = shifted - 12582912.0f;
    const Value r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    Value p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    const Value half = ew_bits<Value>((ew_bits<bits>(shifted) + 126u) << 23);  // 2^(n - 1)
    return p * half * 2.0f;
}

}  // namespace EW_NS

#endif

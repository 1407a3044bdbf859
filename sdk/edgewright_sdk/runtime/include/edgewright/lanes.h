// SPDX-License-Identifier: Apache-2.0
// As many floats at a time as a register of the processor holds, else one: code is written once, as a template over them or
// for `ew_lanes`. The compiler's flags decide; EW_SCALAR asks for one. Include it in a .cpp only.
#ifndef EDGEWRIGHT_LANES_H
#define EDGEWRIGHT_LANES_H

#include "edgewright/node.h"

#if defined(__GNUC__) && !defined(EW_SCALAR) && \
    (defined(__SSE2__) || defined(__wasm_simd128__) || defined(__aarch64__))
#define EW_LANES 4
#endif

// Loops over registers are written out, else their values would lie in memory.
#if defined(__clang__)
#define EW_UNROLLED _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define EW_UNROLLED _Pragma("GCC unroll 64")
#else
#define EW_UNROLLED
#endif

namespace EW_NS {

#ifdef EW_LANES

typedef float ew_lanes __attribute__((vector_size(16)));

#if defined(__clang__) || __GNUC__ >= 12
#define EW_SHUFFLED(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int32_t ew_places __attribute__((vector_size(16)));
#define EW_SHUFFLED(a, b, i, j, k, l) __builtin_shuffle(a, b, ew_places{i, j, k, l})
#endif

inline ew_lanes ew_reversed(ew_lanes a) { return EW_SHUFFLED(a, a, 3, 2, 1, 0); }

// Rows become columns.
inline void ew_transpose(ew_lanes& a, ew_lanes& b, ew_lanes& c, ew_lanes& d) {
    const ew_lanes ab_low = EW_SHUFFLED(a, b, 0, 4, 1, 5);
    const ew_lanes ab_high = EW_SHUFFLED(a, b, 2, 6, 3, 7);
    const ew_lanes cd_low = EW_SHUFFLED(c, d, 0, 4, 1, 5);
    const ew_lanes cd_high = EW_SHUFFLED(c, d, 2, 6, 3, 7);
    a = EW_SHUFFLED(ab_low, cd_low, 0, 1, 4, 5);
    b = EW_SHUFFLED(ab_low, cd_low, 2, 3, 6, 7);
    c = EW_SHUFFLED(ab_high, cd_high, 0, 1, 4, 5);
    d = EW_SHUFFLED(ab_high, cd_high, 2, 3, 6, 7);
}

inline float ew_added(ew_lanes a) { return (a[0] + a[1]) + (a[2] + a[3]); }
inline float ew_least(ew_lanes a) {
    const float b = a[0] < a[1] ? a[0] : a[1];
    const float c = a[2] < a[3] ? a[2] : a[3];
    return b < c ? b : c;
}
inline float ew_greatest(ew_lanes a) { return -ew_least(-a); }

#else

typedef float ew_lanes;

#endif

inline float ew_added(float a) { return a; }
inline float ew_least(float a) { return a; }
inline float ew_greatest(float a) { return a; }

// How many floats a value holds.
template <class Value>
constexpr int32_t ew_width() {
    return sizeof(Value) / sizeof(float);
}

// Read from and write to any address.
template <class Value>
inline Value ew_get(const float* place) {
    Value value;
    EW_COPY(&value, place, sizeof value);
    return value;
}

template <class Value>
inline void ew_put(float* place, Value value) {
    EW_COPY(place, &value, sizeof value);
}

// Copied as bytes, a float takes the way through an integer register on some processors.
template <>
inline float ew_get<float>(const float* place) {
    return *place;
}

template <>
inline void ew_put<float>(float* place, float value) {
    *place = value;
}

}  // namespace EW_NS

#endif

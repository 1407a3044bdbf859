// SPDX-License-Identifier: Apache-2.0
// As many int16 at a time as a register of the processor holds, else one: products of int8 and their sums. Every width gives
// the same integers. Include it in a .cpp only.
#ifndef EDGEWRIGHT_INT8_LANES_H
#define EDGEWRIGHT_INT8_LANES_H

#include "edgewright/lanes.h"

namespace EW_NS {

#ifdef EW_LANES

#if defined(__AVX2__)
#define EW_SHORTS 16
#else
#define EW_SHORTS 8
#endif

typedef int8_t ew_bytes __attribute__((vector_size(EW_SHORTS)));
typedef int16_t ew_shorts __attribute__((vector_size(2 * EW_SHORTS)));
typedef int32_t ew_ints __attribute__((vector_size(2 * EW_SHORTS)));    // half as many as shorts
typedef int64_t ew_longs __attribute__((vector_size(2 * EW_SHORTS)));
typedef float ew_numbers __attribute__((vector_size(2 * EW_SHORTS)));   // as many as ints
typedef int32_t ew_four __attribute__((vector_size(16)));
typedef int8_t ew_half_bytes __attribute__((vector_size(EW_SHORTS / 2)));  // as many as ints
typedef int16_t ew_half_shorts __attribute__((vector_size(EW_SHORTS)));    // the same

template <class Value, class Number>
inline Value ew_loaded(const Number* place) {
    Value value;
    EW_COPY(&value, place, sizeof value);
    return value;
}

template <class Value, class Number>
inline void ew_stored(Number* place, Value value) {
    EW_COPY(place, &value, sizeof value);
}

inline ew_shorts ew_wide(const int8_t* place) {
    return __builtin_convertvector(ew_loaded<ew_bytes>(place), ew_shorts);
}

// a0 b0 + a1 b1, a2 b2 + a3 b3, …
inline ew_ints ew_pair_products(ew_shorts a, ew_shorts b) {
#if defined(__AVX2__)
    typedef short shorts __attribute__((vector_size(32)));
    return reinterpret_cast<ew_ints>(
        __builtin_ia32_pmaddwd256(reinterpret_cast<shorts>(a), reinterpret_cast<shorts>(b)));
#elif defined(__SSE2__)
    typedef short shorts __attribute__((vector_size(16)));
    return reinterpret_cast<ew_ints>(
        __builtin_ia32_pmaddwd128(reinterpret_cast<shorts>(a), reinterpret_cast<shorts>(b)));
#elif defined(__wasm_simd128__)
    return __builtin_wasm_dot_s_i32x4_i16x8(a, b);
#else
    const ew_ints x = reinterpret_cast<ew_ints>(a), y = reinterpret_cast<ew_ints>(b);
    return ((x << 16) >> 16) * ((y << 16) >> 16) + (x >> 16) * (y >> 16);
#endif
}

// Sums of all places of four values.
inline ew_four ew_totals(ew_ints a, ew_ints b, ew_ints c, ew_ints d) {
#if defined(__AVX2__) && (defined(__clang__) || __GNUC__ >= 12)
    const ew_ints ab = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13) +
                       __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    const ew_ints cd = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13) +
                       __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
    const ew_ints all = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) +
                        __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
    return __builtin_shufflevector(all, all, 0, 1, 2, 3) + __builtin_shufflevector(all, all, 4, 5, 6, 7);
#else
    ew_four halves[4];
    const ew_ints all[4] = {a, b, c, d};
    for (int32_t i = 0; i < 4; ++i) {
        ew_four parts[sizeof(ew_ints) / sizeof(ew_four)];
        EW_COPY(parts, &all[i], sizeof parts);
        halves[i] = parts[0];
        for (size_t k = 1; k < sizeof(ew_ints) / sizeof(ew_four); ++k) halves[i] += parts[k];
    }
    const ew_four ab = EW_SHUFFLED(halves[0], halves[1], 0, 4, 1, 5) + EW_SHUFFLED(halves[0], halves[1], 2, 6, 3, 7);
    const ew_four cd = EW_SHUFFLED(halves[2], halves[3], 0, 4, 1, 5) + EW_SHUFFLED(halves[2], halves[3], 2, 6, 3, 7);
    return EW_SHUFFLED(ab, cd, 0, 1, 4, 5) + EW_SHUFFLED(ab, cd, 2, 3, 6, 7);
#endif
}

// Write numbers between -128 and 127 as int8.
inline void ew_stored_bytes(int8_t* place, ew_ints value) {
#if defined(__SSE2__)
    typedef int ints __attribute__((vector_size(16)));
    typedef short shorts __attribute__((vector_size(16)));
    ints parts[sizeof(ew_ints) / sizeof(ints)];
    EW_COPY(parts, &value, sizeof parts);
    const shorts half = __builtin_ia32_packssdw128(parts[0], parts[sizeof(ew_ints) / sizeof(ints) - 1]);
    const auto bytes = __builtin_ia32_packsswb128(half, half);
    EW_COPY(place, &bytes, sizeof(ew_ints) / sizeof(int32_t));
#elif defined(__wasm_simd128__)
    const auto half = __builtin_wasm_narrow_s_i16x8_i32x4(value, value);
    const auto bytes = __builtin_wasm_narrow_s_i8x16_i16x8(half, half);
    EW_COPY(place, &bytes, sizeof(ew_ints) / sizeof(int32_t));
#else
    ew_stored(place, __builtin_convertvector(value, ew_half_bytes));
#endif
}

// a b / 2^31, half up, of each place.
inline ew_ints ew_high_product(ew_ints a, ew_ints b) {
    const ew_longs half = ew_longs{} + (int64_t{1} << 30);
#if defined(__AVX2__)
    const ew_longs high = reinterpret_cast<ew_longs>(ew_ints{} - ew_ints{0, 1, 0, 1, 0, 1, 0, 1});
    const ew_longs x = reinterpret_cast<ew_longs>(a) >> 32, y = reinterpret_cast<ew_longs>(b) >> 32;
    typedef int ints __attribute__((vector_size(32)));
    const ew_longs even = reinterpret_cast<ew_longs>(
        __builtin_ia32_pmuldq256(reinterpret_cast<ints>(a), reinterpret_cast<ints>(b)));
    const ew_longs odd = reinterpret_cast<ew_longs>(
        __builtin_ia32_pmuldq256(reinterpret_cast<ints>(x), reinterpret_cast<ints>(y)));
    typedef uint64_t places __attribute__((vector_size(32)));
    const places low = reinterpret_cast<places>(even + half) >> 31;
    const places raised = reinterpret_cast<places>(odd + half) << 1;
    return reinterpret_cast<ew_ints>((reinterpret_cast<ew_longs>(low) & ~high) |
                                     (reinterpret_cast<ew_longs>(raised) & high));
#else
    typedef int64_t wide __attribute__((vector_size(4 * EW_SHORTS)));
    const wide product = __builtin_convertvector(a, wide) * __builtin_convertvector(b, wide);
    (void)half;
    return __builtin_convertvector((product + (int64_t{1} << 30)) >> 31, ew_ints);
#endif
}

#endif

}  // namespace EW_NS

#endif

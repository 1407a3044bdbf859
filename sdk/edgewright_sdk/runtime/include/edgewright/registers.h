// SPDX-License-Identifier: Apache-2.0
// The widest registers of floats that the build has, and a product added to a sum. Include it in a .cpp only.
#ifndef EDGEWRIGHT_REGISTERS_H
#define EDGEWRIGHT_REGISTERS_H

#include "edgewright/lanes.h"

// Compilers of one family call the same instruction by different names, and give some of them up in time.
#if defined(__has_builtin)
#if __has_builtin(__builtin_elementwise_fma)
#define EW_FUSED_1(a, b, sum) __builtin_elementwise_fma(a, b, sum)
#define EW_FUSED_4(a, b, sum) __builtin_elementwise_fma(a, b, sum)
#define EW_FUSED_8(a, b, sum) __builtin_elementwise_fma(a, b, sum)
#define EW_FUSED_16(a, b, sum) __builtin_elementwise_fma(a, b, sum)
#endif
#endif
#ifndef EW_FUSED_1
#define EW_FUSED_1(a, b, sum) __builtin_fmaf(a, b, sum)
#if defined(__aarch64__)  // its compilers make one instruction of these
#define EW_FUSED_4(a, b, sum)                                                               \
    ew_lanes{EW_FUSED_1(a[0], b[0], sum[0]), EW_FUSED_1(a[1], b[1], sum[1]), EW_FUSED_1(a[2], b[2], sum[2]), \
             EW_FUSED_1(a[3], b[3], sum[3])}
#else
#define EW_FUSED_4(a, b, sum) __builtin_ia32_vfmaddps(a, b, sum)
#endif
#define EW_FUSED_8(a, b, sum) __builtin_ia32_vfmaddps256(a, b, sum)
#define EW_FUSED_16(a, b, sum) __builtin_ia32_vfmaddps512_mask(a, b, sum, static_cast<uint16_t>(-1), 4)
#endif

namespace EW_NS {

// a b + sum, rounded once where the processor has an instruction for that.
inline float ew_fused(float a, float b, float sum) {
#if defined(EW_LANES) && (defined(__FMA__) || defined(__aarch64__))
    return EW_FUSED_1(a, b, sum);
#else
    return a * b + sum;
#endif
}

#ifdef EW_LANES
inline ew_lanes ew_fused(ew_lanes a, ew_lanes b, ew_lanes sum) {
#if defined(__aarch64__) || defined(__FMA__)
    return EW_FUSED_4(a, b, sum);
#else
    return a * b + sum;
#endif
}
#endif

#if defined(EW_LANES) && defined(__AVX2__) && defined(__FMA__)
typedef float ew_eight __attribute__((vector_size(32)));

inline ew_eight ew_fused(ew_eight a, ew_eight b, ew_eight sum) { return EW_FUSED_8(a, b, sum); }
#else
typedef ew_lanes ew_eight;  // or as many as there are
#endif

#if defined(EW_LANES) && defined(__AVX512F__)
typedef float ew_widest __attribute__((vector_size(64)));

inline ew_widest ew_fused(ew_widest a, ew_widest b, ew_widest sum) { return EW_FUSED_16(a, b, sum); }
#else
typedef ew_eight ew_widest;
#endif

// One number in all places.
template <class Value>
inline Value ew_all(float number) {
    return number - Value{};
}

// x, at least low and at most high.
template <class Value>
inline Value ew_clipped(Value x, Value low, Value high) {
    const Value raised = x < low ? low : x;
    return raised > high ? high : raised;
}

}  // namespace EW_NS

#endif

// SPDX-License-Identifier: Apache-2.0
// The node ABI: what every block's device code includes.
//
// A node is one function
//
//     ew_status SYMBOL(const SYMBOL_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);
//
// * SYMBOL_tables is a plain struct, its fields in the order of export.json's `tables`: a scalar is `float` or
//   `int32_t`, an array is a pointer to const. Shapes and counts are scalars of their own.
// * `state` is null in a one-shot call; in a stream it is `state_bytes` bytes, zero before the first window.
// * `in` and `out` are arrays of views in the order of export.json. Inputs are never written, outputs are
//   uninitialised memory that the node fills completely.
// * `scratch` is `scratch_bytes` of memory that is the node's until it returns.
//
// No heap, exceptions, RTTI, iostream or globals; only <stdint.h>, <stddef.h> and <string.h> are included.
#ifndef EDGEWRIGHT_NODE_H
#define EDGEWRIGHT_NODE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// All C++ of a package lies in one namespace of its own, so that any two packages link into one program.
#ifndef EW_NS
#include "edgewright/package.h"
#endif

// A copy of few bytes that compilers see through, also where they were told that there is no C library.
#if defined(__GNUC__)
#define EW_COPY __builtin_memcpy
#else
#define EW_COPY memcpy
#endif

namespace EW_NS {

enum ew_status : int32_t {
    ew_ok = 0,
    ew_bad_shape = -1,   // an input or output isn't of the size that the tables were made for
    ew_no_memory = -2,   // the arena is too small
    ew_not_finite = -3,  // NaN or infinity in the input or in a score
    ew_bad_tables = -4   // the tables contradict each other or ask for what this code can't do
};

enum ew_dtype : int32_t { ew_float32 = 0, ew_uint8 = 1, ew_int8 = 2, ew_int16 = 3, ew_int32 = 4 };

constexpr int32_t ew_max_rank = 4;

// A dense row-major array that somebody else owns.
struct ew_view {
    void* data;
    ew_dtype dtype;
    int32_t rank;
    int32_t shape[ew_max_rank];
};

inline int32_t ew_count(const ew_view& view) {
    int32_t count = 1;
    for (int32_t i = 0; i < view.rank; ++i) count *= view.shape[i];
    return count;
}

inline const float* ew_floats(const ew_view& view) { return static_cast<const float*>(view.data); }
inline float* ew_floats(ew_view& view) { return static_cast<float*>(view.data); }

// True when `view` is float32 of exactly `count` values.
inline bool ew_is_floats(const ew_view& view, int32_t count) {
    return view.data != nullptr && view.dtype == ew_float32 && ew_count(view) == count;
}

// The same bits as another type.
template <class To, class From>
inline To ew_bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "the same number of bits");
    To to;
    EW_COPY(&to, &from, sizeof to);
    return to;
}

// Every piece taken from an arena starts on this boundary; sizes are rounded up to it.
constexpr size_t ew_alignment = 16;

struct ew_arena {
    unsigned char* next;
    unsigned char* end;
};

// Take `count` values from the arena, null when they don't fit. Nothing is given back: the node's caller does that.
template <class T>
T* ew_take(ew_arena& arena, int32_t count) {
    if (count < 0) return nullptr;
    const size_t bytes = (static_cast<size_t>(count) * sizeof(T) + ew_alignment - 1) / ew_alignment * ew_alignment;
    if (bytes > static_cast<size_t>(arena.end - arena.next)) return nullptr;
    T* const taken = reinterpret_cast<T*>(arena.next);
    arena.next += bytes;
    return taken;
}

}  // namespace EW_NS

#endif

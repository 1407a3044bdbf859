// SPDX-License-Identifier: Apache-2.0
#include "raw.h"

namespace EW_NS {

ew_status ew_raw(const ew_raw_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    const int32_t count = ew_count(in[0]);
    if (!ew_is_floats(in[0], count) || !ew_is_floats(out[0], count)) return ew_bad_shape;
    const float* const window = ew_floats(in[0]);
    float* const features = ew_floats(out[0]);
    for (int32_t i = 0; i < count; ++i) features[i] = window[i] * tables.scale;
    return ew_ok;
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "template_block.h"

#include "edgewright/scalar.h"

namespace EW_NS {

ew_status template_block(const template_block_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    const int32_t count = tables.features;
    if (count < 1 || !ew_is_floats(in[0], count)) return ew_bad_shape;
    if (!ew_is_floats(out[0], 1) || !ew_is_floats(out[1], count)) return ew_bad_shape;

    const float* const features = ew_floats(in[0]);
    float* const contributions = ew_floats(out[1]);
    float sum = 0.0f;
    for (int32_t i = 0; i < count; ++i) {
        const float standard = (features[i] - tables.mean[i]) * tables.inverse[i];
        contributions[i] = standard * standard;
        sum += contributions[i];
    }
    const float score = sqrtf(sum / static_cast<float>(count));
    const float share = sum > 0.0f ? score / sum : 0.0f;
    for (int32_t i = 0; i < count; ++i) contributions[i] *= share;
    ew_floats(out[0])[0] = score;
    return ew_ok;
}

}  // namespace EW_NS

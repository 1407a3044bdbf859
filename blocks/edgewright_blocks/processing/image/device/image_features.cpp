// SPDX-License-Identifier: Apache-2.0
#include "image_features.h"

namespace EW_NS {

ew_status ew_image_features(const ew_image_features_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    const ew_view& image = in[0];
    if (image.data == nullptr || image.dtype != ew_uint8 || image.rank != 3) return ew_bad_shape;
    const int32_t given = image.shape[2];
    const int32_t wanted = tables.channels;
    if ((given != 1 && given != 3) || (wanted != 1 && wanted != 3)) return ew_bad_tables;
    const int32_t pixels = image.shape[0] * image.shape[1];
    if (!ew_is_floats(out[0], pixels * wanted)) return ew_bad_shape;

    const uint8_t* const from = static_cast<const uint8_t*>(image.data);
    float* const to = ew_floats(out[0]);
    if (given == wanted) {
        for (int32_t i = 0; i < pixels * wanted; ++i) to[i] = static_cast<float>(from[i]) / 255.0f;
    } else if (wanted == 3) {
        for (int32_t i = 0; i < pixels; ++i) {
            to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = static_cast<float>(from[i]) / 255.0f;
        }
    } else {
        for (int32_t i = 0; i < pixels; ++i) {
            const float red = static_cast<float>(from[3 * i]);
            const float green = static_cast<float>(from[3 * i + 1]);
            const float blue = static_cast<float>(from[3 * i + 2]);
            to[i] = (red * 0.299f + green * 0.587f + blue * 0.114f) / 255.0f;
        }
    }
    return ew_ok;
}

}  // namespace EW_NS

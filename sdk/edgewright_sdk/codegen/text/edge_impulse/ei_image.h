// SPDX-License-Identifier: 0BSD
// A camera's picture made to fit, by the name that camera applications use. The package's own @n@_run_frame
// resizes as the training did, which this doesn't: bilinear, from the middle of the picture.
#ifndef EDGEWRIGHT_EI_IMAGE_H
#define EDGEWRIGHT_EI_IMAGE_H

#include <stddef.h>
#include <stdint.h>

namespace ei {
namespace image {
namespace processing {

// The largest part of the picture's middle with the new shape, at the new size. Both may be one buffer where it shrinks.
inline int crop_and_interpolate_image(const uint8_t* from, int from_width, int from_height, uint8_t* to, int width,
                                      int height, int pixel_bytes) {
    if (from_width < 1 || from_height < 1 || width < 1 || height < 1) return -1;
    const float across = static_cast<float>(from_width) / static_cast<float>(width);
    const float down = static_cast<float>(from_height) / static_cast<float>(height);
    const float step = across < down ? across : down;
    const float left = (static_cast<float>(from_width) - step * static_cast<float>(width)) / 2.0f;
    const float top = (static_cast<float>(from_height) - step * static_cast<float>(height)) / 2.0f;
    for (int y = 0; y < height; ++y) {
        float v = top + (static_cast<float>(y) + 0.5f) * step - 0.5f;
        if (v < 0.0f) v = 0.0f;
        const int y0 = static_cast<int>(v) < from_height ? static_cast<int>(v) : from_height - 1;
        const int y1 = y0 + 1 < from_height ? y0 + 1 : y0;
        const float low = v - static_cast<float>(y0);
        for (int x = 0; x < width; ++x) {
            float u = left + (static_cast<float>(x) + 0.5f) * step - 0.5f;
            if (u < 0.0f) u = 0.0f;
            const int x0 = static_cast<int>(u) < from_width ? static_cast<int>(u) : from_width - 1;
            const int x1 = x0 + 1 < from_width ? x0 + 1 : x0;
            const float right = u - static_cast<float>(x0);
            for (int c = 0; c < pixel_bytes; ++c) {
                const float a = from[(y0 * from_width + x0) * pixel_bytes + c];
                const float b = from[(y0 * from_width + x1) * pixel_bytes + c];
                const float d = from[(y1 * from_width + x0) * pixel_bytes + c];
                const float e = from[(y1 * from_width + x1) * pixel_bytes + c];
                const float value = (a + (b - a) * right) * (1.0f - low) + (d + (e - d) * right) * low;
                to[(y * width + x) * pixel_bytes + c] = static_cast<uint8_t>(value + 0.5f);
            }
        }
    }
    return 0;
}

inline int crop_and_interpolate_rgb888(const uint8_t* from, int from_width, int from_height, uint8_t* to, int width,
                                       int height) {
    return crop_and_interpolate_image(from, from_width, from_height, to, width, height, 3);
}

}  // namespace processing
}  // namespace image
}  // namespace ei

#endif

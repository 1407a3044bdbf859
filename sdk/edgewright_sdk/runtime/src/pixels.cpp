// SPDX-License-Identifier: Apache-2.0
#include "edgewright/pixels.h"

namespace EW_NS {

int32_t ew_pixel_bytes(ew_pixel_format format) {
    switch (format) {
        case ew_rgb888: return 3;
        case ew_rgb565: return 2;
        case ew_gray8: return 1;
        case ew_rgba8888: return 4;
    }
    return 0;
}

bool ew_pixels_fit(const ew_pixels& pixels) {
    const int32_t bytes = ew_pixel_bytes(pixels.format);
    if (pixels.data == nullptr || bytes == 0) return false;
    if (pixels.width < 1 || pixels.width > ew_largest_side) return false;
    if (pixels.height < 1 || pixels.height > ew_largest_side) return false;
    return pixels.stride >= pixels.width * bytes;
}

}  // namespace EW_NS

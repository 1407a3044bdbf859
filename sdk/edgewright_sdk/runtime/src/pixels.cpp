// SPDX-License-Identifier: Apache-2.0
#include "edgewright/pixels.h"

namespace EW_NS {

int32_t ew_pixel_bytes(ew_pixel_format format) {
    return format == ew_rgb888 ? 3 : format == ew_rgb565 ? 2 : format == ew_gray8 ? 1 : 0;
}

bool ew_pixels_fit(const ew_pixels& pixels) {
    const int32_t bytes = ew_pixel_bytes(pixels.format);
    if (pixels.data == nullptr || bytes == 0) return false;
    if (pixels.width < 1 || pixels.width > ew_largest_side) return false;
    if (pixels.height < 1 || pixels.height > ew_largest_side) return false;
    return pixels.stride >= pixels.width * bytes;
}

}  // namespace EW_NS

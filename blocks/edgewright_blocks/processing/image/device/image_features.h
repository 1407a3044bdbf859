// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct ew_image_features_tables {
    int32_t channels;  // of the features: 3 for red, green, blue, or 1 for brightness
};

// Image (height, width, 3 or 1) of uint8 -> values 0…1, pixel by pixel.
ew_status ew_image_features(const ew_image_features_tables& tables, void* state, const ew_view* in, ew_view* out,
                            ew_arena& scratch);

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "pca_reconstruction.h"

#include "edgewright/linear.h"
#include "edgewright/vector.h"

namespace EW_NS {

ew_status ew_pca_reconstruction(const ew_pca_reconstruction_tables& tables, void*, const ew_view* in, ew_view* out,
                                ew_arena& scratch) {
    const int32_t count = tables.features;
    if (count < 1 || tables.components < 0) return ew_bad_tables;
    if (!ew_is_floats(in[0], tables.inputs) || !ew_is_floats(out[0], 1) || !ew_is_floats(out[1], count)) {
        return ew_bad_shape;
    }
    float* const along = ew_take<float>(scratch, tables.components);
    if (along == nullptr) return ew_no_memory;
    const float* const features = ew_floats(in[0]);
    float* const z = ew_floats(out[1]);  // first the window, then what is left of it, at last the squares
    for (int32_t i = 0; i < count; ++i) z[i] = (features[tables.selected[i]] - tables.mean[i]) / tables.scale[i];

    const float none = 0.0f;
    for (int32_t k = 0; k < tables.components; ++k) {
        ew_linear(z, count, tables.weights + k * count, &none, 1, along + k);
    }
    for (int32_t k = 0; k < tables.components; ++k) {
        const float* const weights = tables.weights + k * count;
        for (int32_t i = 0; i < count; ++i) z[i] -= along[k] * weights[i];
    }
    for (int32_t i = 0; i < count; ++i) z[i] *= z[i];
    ew_floats(out[0])[0] = ew_total(z, count);
    return ew_ok;
}

}  // namespace EW_NS

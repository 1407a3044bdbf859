// SPDX-License-Identifier: Apache-2.0
#include "autoencoder.h"

#include "edgewright/layers.h"
#include "edgewright/standardise.h"
#include "edgewright/vector.h"

namespace EW_NS {

ew_status ew_autoencoder(const ew_autoencoder_tables& tables, void*, const ew_view* in, ew_view* out,
                         ew_arena& scratch) {
    const int32_t count = tables.features;
    if (count < 1) return ew_bad_tables;
    if (!ew_is_floats(in[0], tables.inputs) || !ew_is_floats(out[0], 1) || !ew_is_floats(out[1], count)) {
        return ew_bad_shape;
    }
    const ew_network network = {tables.layers, tables.table, tables.weights, tables.bias, tables.widest};
    float* const buffers = ew_take<float>(scratch, ew_network_scratch(network));
    if (buffers == nullptr) return ew_no_memory;
    float* const z = ew_floats(out[1]);  // first the window, at last the squares
    ew_standardise(ew_floats(in[0]), tables.selected, tables.mean, tables.scale, count, z);
    const float* rebuilt = nullptr;
    int32_t width = 0;
    const ew_status status = ew_run_network(network, z, count, buffers, &rebuilt, &width);
    if (status != ew_ok) return status;
    if (width != count) return ew_bad_tables;
    for (int32_t i = 0; i < count; ++i) z[i] = (z[i] - rebuilt[i]) * (z[i] - rebuilt[i]);
    ew_floats(out[0])[0] = ew_total(z, count);
    return ew_ok;
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "edgewright/layers.h"

#include "edgewright/linear.h"
#include "edgewright/vector.h"

namespace EW_NS {

namespace {

// Each output is one product of the rows around it, which lie in one piece, with a row of weights.
void convolve(const ew_layer& layer, const float* x, const float* weights, const float* bias, float* out) {
    const int32_t around = layer.kernel / 2;
    for (int32_t t = 0; t < layer.length; ++t) {
        const int32_t before = t < around ? around - t : 0;  // rows of the window that lie before the first
        const int32_t last = t + around - (layer.length - 1);
        const int32_t rows = layer.kernel - before - (last > 0 ? last : 0);
        const float* const piece = x + (t - around + before) * layer.inputs;
        for (int32_t k = 0; k < layer.outputs; ++k) {
            const float* const row = weights + (k * layer.kernel + before) * layer.inputs;
            out[t * layer.outputs + k] = ew_dot(row, piece, rows * layer.inputs) + bias[k];
        }
    }
}

void pool(const ew_layer& layer, const float* x, float* out) {
    for (int32_t t = 0; t < layer.length / 2; ++t) {
        for (int32_t i = 0; i < layer.inputs; ++i) {
            const float a = x[2 * t * layer.inputs + i], b = x[(2 * t + 1) * layer.inputs + i];
            out[t * layer.inputs + i] = a > b ? a : b;
        }
    }
}

void average(const ew_layer& layer, const float* x, float* out) {
    for (int32_t i = 0; i < layer.inputs; ++i) {
        float sum = 0.0f;
        for (int32_t t = 0; t < layer.length; ++t) sum += x[t * layer.inputs + i];
        out[i] = sum / static_cast<float>(layer.length);
    }
}

}  // namespace

ew_status ew_run_network(const ew_network& network, const float* x, int32_t inputs, float* buffers,
                         const float** result, int32_t* count) {
    float* const halves[2] = {buffers, buffers + network.widest};
    const float* weights = network.weights;
    const float* bias = network.bias;
    int32_t width = inputs;
    for (int32_t number = 0; number < network.layers; ++number) {
        const int32_t* const row = network.table + 6 * number;
        const ew_layer layer = {row[0], row[1], row[2], row[3], row[4], row[5]};
        if (layer.length < 1 || layer.inputs < 1 || layer.outputs < 1) return ew_bad_tables;
        if (layer.length * layer.inputs != width) return ew_bad_tables;
        float* const out = halves[number % 2];
        int32_t rows = 1, used = 0;
        if (layer.kind == ew_layer_dense) {
            used = width;
        } else if (layer.kind == ew_layer_convolution && layer.kernel % 2 == 1) {
            rows = layer.length;
            used = layer.kernel * layer.inputs;
        } else if ((layer.kind == ew_layer_pool || layer.kind == ew_layer_mean) && layer.inputs == layer.outputs) {
            rows = layer.kind == ew_layer_pool ? layer.length / 2 : 1;
        } else {
            return ew_bad_tables;
        }
        width = rows * layer.outputs;
        if (width < 1 || width > network.widest) return ew_bad_tables;
        if (layer.kind == ew_layer_dense) ew_linear(x, used, weights, bias, layer.outputs, out);
        if (layer.kind == ew_layer_convolution) convolve(layer, x, weights, bias, out);
        if (layer.kind == ew_layer_pool) pool(layer, x, out);
        if (layer.kind == ew_layer_mean) average(layer, x, out);
        if (layer.relu != 0) {
            for (int32_t i = 0; i < width; ++i) out[i] = out[i] > 0.0f ? out[i] : 0.0f;
        }
        if (used > 0) {
            weights += layer.outputs * used;
            bias += layer.outputs;
        }
        x = out;
    }
    *result = x;
    *count = width;
    return ew_ok;
}

}  // namespace EW_NS

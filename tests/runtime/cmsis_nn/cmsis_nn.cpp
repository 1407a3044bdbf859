// SPDX-License-Identifier: Apache-2.0
// What CMSIS-NN documents, in plain loops, and what its kernels take for granted: a trap where that isn't so.
#include "arm_nnfunctions.h"

#include <string.h>

extern "C" {
int32_t ew_served = 0;  // layers
}

namespace {

void expect(bool holds) {
    if (!holds) __builtin_trap();
}

// In 32 bits that wrap around.
int32_t requantised(uint32_t sum, int32_t multiplier, int32_t shift) {
    const auto raised = static_cast<int32_t>(sum << (shift > 0 ? shift : 0));
    const int64_t high = (static_cast<int64_t>(raised) * multiplier + (int64_t{1} << 30)) >> 31;
    const int32_t right = shift < 0 ? -shift : 0;
    const int64_t rest = high & ((int64_t{1} << right) - 1), middle = ((int64_t{1} << right) - 1) >> 1;
    return static_cast<int32_t>((high >> right) + (rest > middle + ((high >> right) < 0) ? 1 : 0));
}

void check_windows(int32_t size, int32_t kernel, int32_t stride, int32_t dilation, int32_t pad, int32_t made) {
    expect(pad <= (kernel - 1) * dilation && (made - 1) * stride - pad < size);
}

// `across`: how many channels a sum goes over, all or 1.
template <class Params>
void convolve(const cmsis_nn_context& context, int32_t needed, const Params& p,
              const cmsis_nn_per_channel_quant_params& scales, const cmsis_nn_dims& in, const int8_t* values,
              const cmsis_nn_dims& filter, const int8_t* weights, int32_t filter_step, int32_t channel_step,
              int32_t across, const int32_t* bias, const cmsis_nn_dims& out, int8_t* made) {
    ++ew_served;
    check_windows(in.h, filter.h, p.stride.h, p.dilation.h, p.padding.h, out.h);
    check_windows(in.w, filter.w, p.stride.w, p.dilation.w, p.padding.w, out.w);
    expect(in.n == 1 && out.n == 1 && context.size >= needed);
    if (needed > 0) {
        expect(reinterpret_cast<uintptr_t>(context.buf) % 4 == 0);
        memset(context.buf, 0xa5, static_cast<size_t>(needed));
    }
    for (int32_t y = 0; y < out.h; ++y) {
        for (int32_t x = 0; x < out.w; ++x) {
            for (int32_t c = 0; c < out.c; ++c) {
                auto sum = static_cast<uint32_t>(bias[c]);
                for (int32_t i = 0; i < filter.h; ++i) {
                    for (int32_t j = 0; j < filter.w; ++j) {
                        const int32_t row = y * p.stride.h - p.padding.h + i * p.dilation.h;
                        const int32_t column = x * p.stride.w - p.padding.w + j * p.dilation.w;
                        if (row < 0 || row >= in.h || column < 0 || column >= in.w) continue;
                        const int8_t* const seen = values + (row * in.w + column) * in.c + (across == 1 ? c : 0);
                        const int8_t* const w = weights + c * filter_step + (i * filter.w + j) * channel_step;
                        for (int32_t d = 0; d < across; ++d) {
                            sum += static_cast<uint32_t>((seen[d] + p.input_offset) * w[d]);
                        }
                    }
                }
                const int32_t value = requantised(sum, scales.multiplier[c], scales.shift[c]) + p.output_offset;
                const int32_t above = value < p.activation.min ? p.activation.min : value;
                *made++ = static_cast<int8_t>(above > p.activation.max ? p.activation.max : above);
            }
        }
    }
}

}  // namespace

int32_t arm_convolve_wrapper_s8_get_buffer_size(const cmsis_nn_conv_params*, const cmsis_nn_dims* in,
                                                const cmsis_nn_dims* filter, const cmsis_nn_dims*) {
    return filter->w * filter->h == 1 ? 0 : 4 * (filter->w * filter->h * in->c + 3);
}

int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size(const cmsis_nn_dw_conv_params*, const cmsis_nn_dims* in,
                                                      const cmsis_nn_dims* filter, const cmsis_nn_dims*) {
    return 2 * filter->w * filter->h * in->c;
}

arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context* context, const cmsis_nn_conv_params* params,
                                            const cmsis_nn_per_channel_quant_params* scales, const cmsis_nn_dims* in,
                                            const int8_t* values, const cmsis_nn_dims* filter, const int8_t* weights,
                                            const cmsis_nn_dims*, const int32_t* bias, const cmsis_nn_dims* out,
                                            int8_t* made) {
    expect(filter->c == in->c && filter->n == out->c);
    const bool fast = filter->w * filter->h == 1 && params->stride.w == 1 && params->stride.h == 1;
    expect(!fast || (in->w == out->w && in->h == out->h));
    const int32_t needed = arm_convolve_wrapper_s8_get_buffer_size(params, in, filter, out);
    convolve(*context, needed, *params, *scales, *in, values, *filter, weights, filter->w * filter->h * in->c, in->c,
             in->c, bias, *out, made);
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_depthwise_conv_wrapper_s8(const cmsis_nn_context* context,
                                                  const cmsis_nn_dw_conv_params* params,
                                                  const cmsis_nn_per_channel_quant_params* scales,
                                                  const cmsis_nn_dims* in, const int8_t* values,
                                                  const cmsis_nn_dims* filter, const int8_t* weights,
                                                  const cmsis_nn_dims*, const int32_t* bias, const cmsis_nn_dims* out,
                                                  int8_t* made) {
    expect(params->ch_mult == 1 && filter->n == 1 && in->c == out->c && filter->c == out->c);
    const bool small = filter->w == 3 && filter->h == 3 && params->padding.w <= 1 && params->padding.h <= 1;
    const bool plain = params->dilation.w == 1 && params->dilation.h == 1;
    // The kernel for 3 x 3 reads the middle of each window.
    expect(!small || !plain || (out->w - 1) * params->stride.w - params->padding.w + 1 < in->w);
    const int32_t needed = arm_depthwise_conv_wrapper_s8_get_buffer_size(params, in, filter, out);
    convolve(*context, needed, *params, *scales, *in, values, *filter, weights, 1, in->c, 1, bias, *out, made);
    return ARM_CMSIS_NN_SUCCESS;
}

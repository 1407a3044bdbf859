// SPDX-License-Identifier: Apache-2.0
// The part of CMSIS-NN's interface that the runtime calls, for tests without that library. cmsis_nn.cpp has what is behind it.
#pragma once
#include <stdint.h>

enum arm_cmsis_nn_status { ARM_CMSIS_NN_SUCCESS = 0, ARM_CMSIS_NN_ARG_ERROR = -1 };

struct cmsis_nn_tile {
    int32_t w, h;
};
struct cmsis_nn_context {
    void* buf;
    int32_t size;
};
struct cmsis_nn_dims {
    int32_t n, h, w, c;
};
struct cmsis_nn_per_channel_quant_params {
    int32_t *multiplier, *shift;
};
struct cmsis_nn_activation {
    int32_t min, max;
};
struct cmsis_nn_conv_params {
    int32_t input_offset, output_offset;
    cmsis_nn_tile stride, padding, dilation;
    cmsis_nn_activation activation;
};
struct cmsis_nn_dw_conv_params {
    int32_t input_offset, output_offset, ch_mult;
    cmsis_nn_tile stride, padding, dilation;
    cmsis_nn_activation activation;
};

extern "C" {
arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context*, const cmsis_nn_conv_params*,
                                            const cmsis_nn_per_channel_quant_params*, const cmsis_nn_dims* in,
                                            const int8_t*, const cmsis_nn_dims* filter, const int8_t*,
                                            const cmsis_nn_dims* bias, const int32_t*, const cmsis_nn_dims* out, int8_t*);
int32_t arm_convolve_wrapper_s8_get_buffer_size(const cmsis_nn_conv_params*, const cmsis_nn_dims* in,
                                                const cmsis_nn_dims* filter, const cmsis_nn_dims* out);
arm_cmsis_nn_status arm_depthwise_conv_wrapper_s8(const cmsis_nn_context*, const cmsis_nn_dw_conv_params*,
                                                  const cmsis_nn_per_channel_quant_params*, const cmsis_nn_dims* in,
                                                  const int8_t*, const cmsis_nn_dims* filter, const int8_t*,
                                                  const cmsis_nn_dims* bias, const int32_t*, const cmsis_nn_dims* out,
                                                  int8_t*);
int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size(const cmsis_nn_dw_conv_params*, const cmsis_nn_dims* in,
                                                      const cmsis_nn_dims* filter, const cmsis_nn_dims* out);
}

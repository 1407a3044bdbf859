// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_cmsis.h"

#ifdef EW_NN_CMSIS
#include "arm_nnfunctions.h"
#include "edgewright/network_checks.h"

#ifdef CMSIS_NN_USE_SINGLE_ROUNDING
#error "EW_NN_CMSIS needs CMSIS-NN's default rounding: don't define CMSIS_NN_USE_SINGLE_ROUNDING, or don't define EW_NN_CMSIS"
#endif

namespace EW_NS {
namespace {

// Whether all windows of an axis see a value: some kernels write beyond their buffer for one that doesn't.
bool all_see(int32_t size, int32_t kernel, int32_t stride, int32_t dilation, int32_t pad, int32_t made) {
    return pad <= (kernel - 1) * dilation && (made - 1) * stride - pad < size;
}

// Whether all kernels that CMSIS-NN may choose do this layer right.
bool is_served(const ew_convolve& s, bool each) {
    if (s.groups != 1 && !each) return false;
    if (!ew_is_small(s.in_height, 1) || !ew_is_small(s.in_width, 1) || !ew_is_small(s.groups * s.in_channels, 1) ||
        !ew_is_small(s.groups * s.out_channels, 1)) {
        return false;
    }
    if (!all_see(s.in_height, s.kernel_height, s.stride_height, s.dilation_height, s.pad_top, s.out_height) ||
        !all_see(s.in_width, s.kernel_width, s.stride_width, s.dilation_width, s.pad_left, s.out_width)) {
        return false;
    }
    const bool flat = s.in_height == 1 && s.kernel_height == 1;
    if (each) {
        // arm_depthwise_conv_3x3_s8 reads the middle column of each window.
        return s.kernel_width != 3 || (s.out_width - 1) * s.stride_width - s.pad_left + 2 <= s.in_width;
    }
    if (s.kernel_height == 1 && s.kernel_width == 1 && s.stride_height == 1 && s.stride_width == 1) {
        // arm_convolve_1x1_s8_fast takes the output to be as large as the input.
        return s.out_height == s.in_height && s.out_width == s.in_width;
    }
#ifdef __ARM_FEATURE_MVE
    // arm_convolve_1_x_n_s8 takes the padding on the right to be that on the left, or one more.
    const int32_t padding = (s.out_width - 1) * s.stride_width + s.kernel_width - s.in_width;
    if (flat && padding != 2 * s.pad_left && padding != 2 * s.pad_left + 1) return false;
#else
    (void)flat;
#endif
    return true;
}

// Whether no sum, and no sum shifted to the left, can leave 32 bits: there CMSIS-NN wraps around, and ew_rescaled saturates.
bool is_narrow(const ew_convolve8_data& data, int32_t channels, int64_t taps) {
    for (int32_t c = 0; c < channels; ++c) {
        const int64_t bias = data.bias[c], left = data.shifts[c] > 0 ? data.shifts[c] : 0;
        if (taps * 255 * 128 + (bias < 0 ? -bias : bias) > INT32_MAX >> left) return false;
    }
    return true;
}

}  // namespace

bool ew_convolve8_cmsis(const ew_program& program, const ew_convolve8& call, const ew_convolve8_data& data) {
    const ew_convolve& s = call.sums;
    const bool each = s.in_channels == 1 && s.out_channels == 1;
    if (!is_served(s, each)) return false;
    const int32_t given = s.groups * s.in_channels, made = s.groups * s.out_channels;
    if (!is_narrow(data, made, static_cast<int64_t>(s.in_channels) * s.kernel_height * s.kernel_width)) return false;

    const cmsis_nn_dims in = {1, s.in_height, s.in_width, given}, out = {1, s.out_height, s.out_width, made};
    const cmsis_nn_dims bias = {1, 1, 1, made};
    const cmsis_nn_tile stride = {s.stride_width, s.stride_height}, padding = {s.pad_left, s.pad_top};
    const cmsis_nn_tile dilation = {s.dilation_width, s.dilation_height};
    const cmsis_nn_activation bounds = {call.low, call.high};
    // It only reads them.
    const cmsis_nn_per_channel_quant_params scales = {const_cast<int32_t*>(data.multipliers),
                                                      const_cast<int32_t*>(data.shifts)};
    const auto buffer = [&](int32_t bytes) {
        const bool fits = bytes > 0 && bytes <= call.spare_bytes && call.spare % ew_alignment == 0;
        return cmsis_nn_context{fits ? ew_write_bytes(program, call.spare, bytes, 1) : nullptr, bytes};
    };
    if (each) {
        const cmsis_nn_dims filter = {1, s.kernel_height, s.kernel_width, made};
        const cmsis_nn_dw_conv_params params = {-call.zero_in, call.zero, 1, stride, padding, dilation, bounds};
        const cmsis_nn_context spare =
            buffer(arm_depthwise_conv_wrapper_s8_get_buffer_size(&params, &in, &filter, &out));
        if (spare.size > 0 && spare.buf == nullptr) return false;
        return arm_depthwise_conv_wrapper_s8(&spare, &params, &scales, &in, data.in, &filter, data.weights, &bias,
                                             data.bias, &out, data.out) == ARM_CMSIS_NN_SUCCESS;
    }
    const cmsis_nn_dims filter = {made, s.kernel_height, s.kernel_width, given};
    const cmsis_nn_conv_params params = {-call.zero_in, call.zero, stride, padding, dilation, bounds};
    const cmsis_nn_context spare = buffer(arm_convolve_wrapper_s8_get_buffer_size(&params, &in, &filter, &out));
    if (spare.size > 0 && spare.buf == nullptr) return false;
    return arm_convolve_wrapper_s8(&spare, &params, &scales, &in, data.in, &filter, data.weights, &bias, data.bias, &out,
                                   data.out) == ARM_CMSIS_NN_SUCCESS;
}

}  // namespace EW_NS
#endif

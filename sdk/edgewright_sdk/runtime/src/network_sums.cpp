// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_sums.h"

#include "edgewright/network_checks.h"
#include "edgewright/network_depthwise.h"
#include "edgewright/network_gemm.h"
#include "edgewright/network_values.h"

namespace EW_NS {

bool ew_run_convolve(const ew_program& program, const ew_convolve& call) {
    const int32_t in_sizes[4] = {call.groups, call.in_channels, call.in_height, call.in_width};
    const int32_t out_sizes[4] = {call.groups, call.out_channels, call.out_height, call.out_width};
    const int32_t weight_sizes[5] = {call.groups, call.out_channels, call.in_channels, call.kernel_height,
                                     call.kernel_width};
    const int64_t count = ew_volume(out_sizes, 4);
    ew_convolved values = {};
    values.in = ew_read(program, call.in, ew_volume(in_sizes, 4));
    values.out = ew_write(program, call.out, count);
    values.weights = ew_read(program, call.weights, ew_volume(weight_sizes, 5));
    values.bias = ew_read(program, call.bias, ew_volume(out_sizes, 2));
    values.residual = call.residual == ew_nowhere ? nullptr : ew_read(program, call.residual, count);
    values.low = -ew_infinity;
    values.high = ew_infinity;
    bool known = false;
    const float* const numbers = ew_activation_numbers(program, call.numbers, known);
    if (values.in == nullptr || values.out == nullptr || values.weights == nullptr || values.bias == nullptr || !known ||
        (call.residual != ew_nowhere && values.residual == nullptr) || !ew_is_sliding(call)) {
        return false;
    }
    const bool clips = call.activation == ew_activation_clip && numbers != nullptr;
    if (clips) {
        values.low = numbers[0];
        values.high = numbers[1];
    }
    if (call.in_channels == 1 && call.out_channels == 1 && call.groups > 1) {
        ew_convolve_depthwise(call, values);
    } else {
        ew_convolve_panels(call, values);
    }
    return clips || ew_activated(values.out, values.out, static_cast<int32_t>(count), call.activation, numbers);
}

}  // namespace EW_NS

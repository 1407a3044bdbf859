// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_depthwise.h"

#include "edgewright/registers.h"

namespace EW_NS {
namespace {

// Pixels that share their weights, and registers of channels of each; a pixel at an edge stands alone.
constexpr bool small = ew_width<ew_widest>() == 1;
constexpr int32_t tile_pixels = 4, tile_registers = small ? 1 : 2, alone_registers = small ? 1 : 4;
constexpr int32_t few_channels = 64;  // whose rows stay in the innermost cache from one row of the output to the next

struct span {
    int32_t begin, end;
};

// Taps, `step` apart from `first` on, that lie within `size`.
span inside(int32_t size, int32_t first, int32_t taps, int32_t step) {
    span real = {0, taps};
    while (real.begin < taps && first + real.begin * step < 0) ++real.begin;
    while (real.end > real.begin && first + (real.end - 1) * step >= size) --real.end;
    return real;
}

// The taps of a tile of pixels that aren't padding, and floats from one to the next.
struct window {
    const float* in;       // at the first tap
    const float* weights;  // the same
    int32_t channels, rows, columns;
    int32_t row_step, column_step, weight_step;  // from row to row of the kernel, from tap to tap; weights likewise
    int32_t pixel_step;                          // from pixel to pixel
};

// As many channels as fill such registers, from `channel` to `end`.
template <class Value, int32_t pixels, int32_t registers>
void add_taps(const window& w, const ew_convolved& v, int32_t at, int32_t& channel, int32_t end) {
    constexpr int32_t lanes = ew_width<Value>();
    const int32_t channels = w.channels;
    const Value low = ew_all<Value>(v.low), high = ew_all<Value>(v.high);
    for (; channel + lanes * registers <= end; channel += lanes * registers) {
        Value sums[pixels][registers];
        EW_UNROLLED
        for (int32_t r = 0; r < registers; ++r) {
            const Value bias = ew_get<Value>(v.bias + channel + r * lanes);
            EW_UNROLLED
            for (int32_t p = 0; p < pixels; ++p) sums[p][r] = bias;
        }
        const float* row = w.in + channel;
        const float* weight_row = w.weights + channel;
        for (int32_t i = 0; i < w.rows; ++i, row += w.row_step, weight_row += w.weight_step) {
            const float* in = row;
            const float* weights = weight_row;
            for (int32_t j = 0; j < w.columns; ++j, in += w.column_step, weights += channels) {
                EW_UNROLLED
                for (int32_t r = 0; r < registers; ++r) {
                    const Value weight = ew_get<Value>(weights + r * lanes);
                    EW_UNROLLED
                    for (int32_t p = 0; p < pixels; ++p) {
                        sums[p][r] = ew_fused(ew_get<Value>(in + p * w.pixel_step + r * lanes), weight, sums[p][r]);
                    }
                }
            }
        }
        EW_UNROLLED
        for (int32_t p = 0; p < pixels; ++p) {
            EW_UNROLLED
            for (int32_t r = 0; r < registers; ++r) {
                const int32_t place = at + p * channels + channel + r * lanes;
                Value sum = sums[p][r];
                if (v.residual != nullptr) sum += ew_get<Value>(v.residual + place);
                ew_put<Value>(v.out + place, ew_clipped(sum, low, high));
            }
        }
    }
}

// Channels from `first` to `end` of the whole image.
void make_channels(const ew_convolve& call, const ew_convolved& values, int32_t first, int32_t end) {
    const int32_t channels = call.groups, kernel_row = call.kernel_width * channels, in_row = call.in_width * channels;
    window w = {};
    w.channels = channels;
    w.row_step = call.dilation_height * in_row;
    w.column_step = call.dilation_width * channels;
    w.weight_step = kernel_row;
    w.pixel_step = call.stride_width * channels;
    for (int32_t y = 0; y < call.out_height; ++y) {
        const int32_t top = y * call.stride_height - call.pad_top;
        const span rows = inside(call.in_height, top, call.kernel_height, call.dilation_height);
        w.rows = rows.end - rows.begin;
        for (int32_t x = 0, wide; x < call.out_width; x += wide) {
            const int32_t left = x * call.stride_width - call.pad_left;
            const span columns = inside(call.in_width, left, call.kernel_width, call.dilation_width);
            w.columns = columns.end - columns.begin;
            const int32_t last = left + (tile_pixels - 1) * call.stride_width +
                                 (call.kernel_width - 1) * call.dilation_width;
            wide = x + tile_pixels <= call.out_width && left >= 0 && last < call.in_width ? tile_pixels : 1;
            const int32_t row = top + rows.begin * call.dilation_height;
            const int32_t column = left + columns.begin * call.dilation_width;
            w.in = values.in + row * in_row + column * channels;
            w.weights = values.weights + rows.begin * kernel_row + columns.begin * channels;
            const int32_t at = (y * call.out_width + x) * channels;
            int32_t channel = first;
            if (wide == tile_pixels) {
                add_taps<ew_widest, tile_pixels, tile_registers>(w, values, at, channel, end);
                add_taps<ew_widest, tile_pixels, 1>(w, values, at, channel, end);
                add_taps<ew_lanes, tile_pixels, 1>(w, values, at, channel, end);
                add_taps<float, tile_pixels, 1>(w, values, at, channel, end);
            } else {
                add_taps<ew_widest, 1, alone_registers>(w, values, at, channel, end);
                add_taps<ew_widest, 1, 1>(w, values, at, channel, end);
                add_taps<ew_lanes, 1, 1>(w, values, at, channel, end);
                add_taps<float, 1, 1>(w, values, at, channel, end);
            }
        }
    }
}

}  // namespace

void ew_convolve_depthwise(const ew_convolve& call, const ew_convolved& values) {
    // Where a row is taken often, it is worth to come back for the other channels.
    const int32_t wide = call.kernel_height > 3 && call.groups > few_channels ? few_channels : call.groups;
    for (int32_t first = 0; first < call.groups; first += wide) {
        make_channels(call, values, first, call.groups - first < wide ? call.groups : first + wide);
    }
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_gemm.h"

#include "edgewright/registers.h"

// Registers are given out by function: within a larger one some sums would lie in memory.
#if defined(__GNUC__)
#define EW_ALONE __attribute__((noinline))
#else
#define EW_ALONE
#endif

namespace EW_NS {
namespace {

// A tile is so many pixels by so many registers of channels: what the processor's registers hold beside the weights.
constexpr int32_t widest = ew_width<ew_widest>();
#if defined(__aarch64__)
constexpr int32_t tile_pixels = 6, tile_registers = 4;
#else
constexpr int32_t tile_pixels = widest == 16 ? 8 : widest == 8 ? 6 : 4, tile_registers = widest == 1 ? 4 : 2;
#endif
constexpr int32_t lone_chains = widest == 1 ? 1 : 4;  // sums of a pixel that stands alone, so that none waits for the last
constexpr int32_t most_pieces = 16;
constexpr int32_t block_floats = 16384;  // 64 KiB: what a panel of weights is used for before the next one comes
constexpr int32_t few_floats = 49152;      // 192 KiB: weights that stay in a cache near by

constexpr int32_t most_gathered = widest == 1 ? 64 : 256;  // floats of a pixel
constexpr int32_t zero_count = most_gathered;  // the longest piece of padding, and the most channels at a time
constexpr float zeros[zero_count] = {};

int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }

// What a tile of pixels takes: pieces of the input, each of one length for all pixels. Their weights follow one another.
struct taken {
    int32_t first;   // the row of weights where they begin
    int32_t pieces;
    int32_t lengths[most_pieces];
    const float* in[most_pieces][tile_pixels];
    float gathered[tile_pixels][most_gathered];  // what is in no one piece
};

// What is made for the pixels of a tile: channels of one panel, or the same ones of several.
struct made {
    const float *weights, *bias, *residual;
    float* out;
    int32_t width;      // of the panel
    int32_t next;       // floats from a panel to the next one
    int32_t pixel;      // floats from a pixel of the output to the next one
    int32_t count;      // pixels; further ones of the tile are the last one again
    int32_t panels;
    float low, high;
};

// One panel, or a pair of them where the registers are that wide, from channel `at` on.
template <class Value, int32_t pixels, int32_t registers, int32_t chains>
inline void add_panel(const taken& from, const made& to, const float* weights, int32_t at) {
    constexpr int32_t lanes = ew_width<Value>();
    Value sums[chains][pixels][registers] = {};
    EW_UNROLLED
    for (int32_t r = 0; r < registers; ++r) {
        const Value bias = ew_get<Value>(to.bias + at + r * lanes);
        EW_UNROLLED
        for (int32_t p = 0; p < pixels; ++p) sums[0][p][r] = bias;
    }
    if (to.residual != nullptr) {
        EW_UNROLLED
        for (int32_t p = 0; p < pixels; ++p) {
            const float* const residual = to.residual + at + least(p, to.count - 1) * to.pixel;
            EW_UNROLLED
            for (int32_t r = 0; r < registers; ++r) sums[0][p][r] += ew_get<Value>(residual + r * lanes);
        }
    }
    const int32_t width = to.width, next = to.next;
    for (int32_t piece = 0; piece < from.pieces; ++piece) {
        const float* in[pixels];
        EW_UNROLLED
        for (int32_t p = 0; p < pixels; ++p) in[p] = from.in[piece][p];
        const int32_t length = from.lengths[piece];
        int32_t k = 0;
        for (; k + chains <= length; k += chains) {
            EW_UNROLLED
            for (int32_t c = 0; c < chains; ++c, weights += width) {
                Value w[registers];
                EW_UNROLLED
                for (int32_t r = 0; r < registers; ++r) {
                    w[r] = ew_get<Value>(weights + r * lanes / ew_panel * next + r * lanes % ew_panel);
                }
                EW_UNROLLED
                for (int32_t p = 0; p < pixels; ++p) {
                    const Value x = ew_all<Value>(in[p][k + c]);
                    EW_UNROLLED
                    for (int32_t r = 0; r < registers; ++r) sums[c][p][r] = ew_fused(x, w[r], sums[c][p][r]);
                }
            }
        }
        for (; chains > 1 && k < length; ++k, weights += width) {
            EW_UNROLLED
            for (int32_t r = 0; r < registers; ++r) {
                const Value w = ew_get<Value>(weights + r * lanes / ew_panel * next + r * lanes % ew_panel);
                sums[0][0][r] = ew_fused(ew_all<Value>(in[0][k]), w, sums[0][0][r]);
            }
        }
    }
    const Value low = ew_all<Value>(to.low), high = ew_all<Value>(to.high);
    float* out = to.out + at;
    EW_UNROLLED
    for (int32_t p = 0; p < pixels; ++p) {
        EW_UNROLLED
        for (int32_t r = 0; r < registers; ++r) {
            Value sum = sums[0][p][r];
            EW_UNROLLED
            for (int32_t c = 1; c < chains; ++c) sum += sums[c][p][r];
            ew_put<Value>(out + r * lanes, ew_clipped(sum, low, high));
        }
        if (p < to.count - 1) out += to.pixel;
    }
}

template <class Value, int32_t registers>
constexpr int32_t panels_at_once() {
    return ew_width<Value>() * registers > ew_panel ? 2 : 1;
}

template <class Value, int32_t pixels, int32_t registers, int32_t chains>
EW_ALONE void add_products(const taken& from, const made& to) {
    constexpr int32_t step = panels_at_once<Value, registers>();
    for (int32_t panel = 0; panel < to.panels; panel += step) {
        const float* const weights = to.weights + panel * to.next + from.first * to.width;
        add_panel<Value, pixels, registers, chains>(from, to, weights, panel * ew_panel);
    }
}

template <class Value, int32_t registers>
void add_channels(const taken& from, const made& to) {
    if (to.count > 1) {
        add_products<Value, tile_pixels, registers, 1>(from, to);
    } else {
        add_products<Value, 1, registers, lone_chains>(from, to);
    }
}

// `channels` further on, which begin with these weights.
void go_on(made& to, int32_t channels, int32_t weights) {
    to.weights += weights;
    to.bias += channels;
    to.out += channels;
    if (to.residual != nullptr) to.residual += channels;
}

// Whole panels, as many as such registers take, column by column.
template <class Value, int32_t registers>
void add_panels(const taken& from, made& to, int32_t& left) {
    constexpr int32_t wide = ew_width<Value>() * registers, step = panels_at_once<Value, registers>();
    to.panels = left / ew_panel / step * step;
    if (to.panels == 0) return;
    made column = to;
    for (int32_t at = 0; at < ew_panel; at += wide, go_on(column, wide, wide)) {
        add_channels<Value, registers>(from, column);
    }
    left -= to.panels * ew_panel;
    go_on(to, to.panels * ew_panel, to.panels * to.next);
}

// As many channels of the last panel as fill a register.
template <class Value>
void add_rest(const taken& from, made& to, int32_t& left) {
    for (; left >= ew_width<Value>(); left -= ew_width<Value>(), go_on(to, ew_width<Value>(), ew_width<Value>())) {
        add_channels<Value, 1>(from, to);
    }
}

// So many channels, from the beginning of a panel on.
void add_tile(const taken& from, made to, int32_t left) {
    to.width = ew_panel;
    add_panels<ew_widest, tile_registers>(from, to, left);
    if (panels_at_once<ew_widest, tile_registers>() == 2) add_panels<ew_widest, 1>(from, to, left);
    to.width = left;
    to.panels = 1;
    add_rest<ew_widest>(from, to, left);
    add_rest<ew_eight>(from, to, left);
    add_rest<ew_lanes>(from, to, left);
    add_rest<float>(from, to, left);
}

// Goes through the taps of a tile of pixels. Taps side by side are one piece where all channels are taken; short ones that
// aren't, or are padding in part, are gathered. Long ones are zeros where they are padding; what lies above or below the
// image is left out.
class taps {
public:
    taps(const ew_convolve& call, const float* in, int32_t y, int32_t x, int32_t count)
        : call_(call), in_(in), pixel_(call.groups * call.in_channels), count_(count) {
        top_ = y * call.stride_height - call.pad_top;
        left_ = x * call.stride_width - call.pad_left;
        const int32_t last = left_ + (count - 1) * call.stride_width + (call.kernel_width - 1) * call.dilation_width;
        inside_ = left_ >= 0 && last < call.in_width;
        joined_ = inside_ && call.dilation_width == 1 && call.groups == 1;
        most_ = inside_ ? call.in_channels : least(call.in_channels, zero_count);
        while (row_ < call.kernel_height && top_ + row_ * call.dilation_height < 0) ++row_;
        while (end_ > row_ && top_ + (end_ - 1) * call.dilation_height >= call.in_height) --end_;
    }

    // Take the next pieces; false where that was all.
    bool take(taken& into) {
        const int32_t wide = call_.kernel_width * call_.in_channels;
        into.pieces = 0;
        into.first = row_ * wide + column_ * call_.in_channels + channel_;
        if (!joined_ && wide <= most_gathered) return gather(into, wide);
        for (; row_ < end_; ++row_, column_ = 0) {
            for (; column_ < (joined_ ? 1 : call_.kernel_width); ++column_, channel_ = 0) {
                const int32_t length = joined_ ? wide : call_.in_channels;
                while (channel_ < length) {
                    if (into.pieces == most_pieces) return true;
                    const int32_t part = joined_ ? wide : least(most_, length - channel_);
                    into.lengths[into.pieces] = part;
                    place(into.in[into.pieces++]);
                    channel_ += part;
                }
            }
        }
        return false;
    }

private:
    // Rows of the kernel, as many as there is room for.
    bool gather(taken& into, int32_t wide) {
        int32_t length = 0;
        for (; row_ < end_ && length + wide <= most_gathered; ++row_, length += wide) {
            const float* const row = in_ + (top_ + row_ * call_.dilation_height) * call_.in_width * pixel_;
            for (int32_t p = 0; p < count_; ++p) {
                float* to = into.gathered[p] + length;
                int32_t x = left_ + p * call_.stride_width;
                for (int32_t j = 0; j < call_.kernel_width; ++j, x += call_.dilation_width) {
                    const bool real = x >= 0 && x < call_.in_width;
                    const float* const from = real ? row + x * pixel_ : zeros;
                    for (int32_t c = 0; c < call_.in_channels; ++c) *to++ = from[c];
                }
            }
        }
        into.lengths[0] = length;
        into.pieces = 1;
        for (int32_t p = 0; p < tile_pixels; ++p) into.in[0][p] = into.gathered[least(p, count_ - 1)];
        return row_ < end_;
    }

    // Where the tap of each pixel lies, or zeros.
    void place(const float** in) const {
        const float* const row = in_ + (top_ + row_ * call_.dilation_height) * call_.in_width * pixel_ + channel_;
        int32_t x = left_ + column_ * call_.dilation_width;
        for (int32_t p = 0; p < tile_pixels; ++p) {
            in[p] = inside_ || (x >= 0 && x < call_.in_width) ? row + x * pixel_ : zeros;
            if (p < count_ - 1) x += call_.stride_width;
        }
    }

    const ew_convolve& call_;
    const float* in_;
    int32_t pixel_, count_, top_, left_, most_;
    bool inside_, joined_;
    int32_t row_ = 0, column_ = 0, channel_ = 0, end_ = call_.kernel_height;
};

// Where each pixel is taken by itself, all rows are one.
ew_convolve joined(ew_convolve call) {
    const bool alone = call.kernel_height == 1 && call.kernel_width == 1 && call.stride_height == 1 &&
                       call.stride_width == 1 && call.pad_top == 0 && call.pad_left == 0;
    if (alone && call.in_height == call.out_height && call.in_width == call.out_width) {
        call.in_width *= call.in_height;
        call.out_width *= call.out_height;
        call.in_height = call.out_height = 1;
    }
    return call;
}

// Pixels of a row of the output.
struct row {
    int32_t y, begin, end;
};

// Channels that are made of a tile before the next one comes: all where their weights stay in the cache.
int32_t channels_of_a_block(const ew_convolve& call) {
    const int32_t filter = call.kernel_height * call.kernel_width * call.in_channels;
    if (filter <= few_floats / call.out_channels) return least(call.out_channels, zero_count);
    return ew_panel * panels_at_once<ew_widest, tile_registers>();
}

// Pixels that some channels are made of before the next ones come.
int32_t pixels_of_a_block(const ew_convolve& call) {
    const int64_t pixel = static_cast<int64_t>(call.kernel_height) * call.stride_width * call.groups * call.in_channels;
    const int32_t tiles = static_cast<int32_t>(block_floats / pixel) / tile_pixels;
    return (tiles < 2 ? 2 : tiles) * tile_pixels;
}

// Channels from the beginning of a panel on, for pixels of one row.
void make_channels(const ew_convolve& call, const ew_convolved& values, int32_t channel, int32_t width,
                   const row& pixels, taken& from) {
    const int32_t filter = call.kernel_height * call.kernel_width * call.in_channels;
    const int32_t pixel = call.groups * call.out_channels;
    for (int32_t x = pixels.begin; x < pixels.end; x += tile_pixels) {
        const int32_t at = (pixels.y * call.out_width + x) * pixel + channel;
        made to = {values.weights + channel * filter, values.bias + channel,
                   values.residual == nullptr ? nullptr : values.residual + at, values.out + at, ew_panel,
                   filter * ew_panel, pixel, least(pixels.end - x, tile_pixels), 1, values.low, values.high};
        taps all(call, values.in, pixels.y, x, to.count);
        while (all.take(from)) {
            made part = to;
            part.low = -ew_infinity;
            part.high = ew_infinity;
            add_tile(from, part, width);
            to.bias = zeros;
            to.residual = to.out;
        }
        add_tile(from, to, width);
    }
}

}  // namespace

void ew_convolve_panels(const ew_convolve& given, const ew_convolved& values) {
    const ew_convolve call = joined(given);
    const int32_t filter = call.kernel_height * call.kernel_width * call.in_channels;
    const int32_t block = pixels_of_a_block(call), most = channels_of_a_block(call);
    taken from;
    for (int32_t group = 0; group < call.groups; ++group) {
        const int32_t first = group * call.out_channels;
        const float* const residual = values.residual == nullptr ? nullptr : values.residual + first;
        const ew_convolved part = {values.in + group * call.in_channels, values.weights + first * filter,
                                   values.bias + first, residual, values.out + first, values.low, values.high};
        for (row pixels = {0, 0, 0}; pixels.y < call.out_height; ++pixels.y) {
            for (pixels.begin = 0; pixels.begin < call.out_width; pixels.begin += block) {
                pixels.end = least(pixels.begin + block, call.out_width);
                for (int32_t channel = 0; channel < call.out_channels; channel += most) {
                    make_channels(call, part, channel, least(call.out_channels - channel, most), pixels, from);
                }
            }
        }
    }
}

}  // namespace EW_NS

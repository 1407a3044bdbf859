// SPDX-License-Identifier: Apache-2.0
#include "edgewright/network_int8_sums.h"

#include "edgewright/int8_lanes.h"
#include "edgewright/network_checks.h"
#include "edgewright/network_cmsis.h"

namespace EW_NS {
namespace {

// Pixels at a time, and values of a pixel's taps that are widened at a time: 16 KiB of stack, or 1 KiB.
#ifdef EW_SHORTS
constexpr int32_t pixels = 2, most_taps = 4096, step = EW_SHORTS;
#else
constexpr int32_t pixels = 1, most_taps = 512, step = 1;
#endif
// Channels whose sums are kept before they are rescaled.
#ifdef EW_SHORTS
constexpr int32_t together = 128;
#else
constexpr int32_t together = 32;
#endif

struct tables {
    const int8_t* in;
    const int8_t* weights;
    const int32_t* bias;
    const int32_t* multipliers;
    const int32_t* shifts;
    const float* factors;
    int8_t* out;
    float* numbers;    // in the place of out
    bool only_down;    // no shift is to the left or 0
};

void rescale(const ew_convolve8& call, const tables& t, const int32_t* sums, int32_t channel, int32_t count,
             int32_t at) {
    int32_t i = 0;
    if (t.factors != nullptr) {
        for (; i < count; ++i) {
            const int32_t sum = sums[i] + t.bias[channel + i];
            t.numbers[at + i] = static_cast<float>(sum) * t.factors[channel + i];
        }
        return;
    }
#ifdef EW_SHORTS
    constexpr int32_t lanes = EW_SHORTS / 2;
    const ew_ints low = ew_ints{} + call.low, high = ew_ints{} + call.high;
    for (; t.only_down && i + lanes <= count; i += lanes) {
        const int32_t c = channel + i;
        const ew_ints sum = ew_loaded<ew_ints>(sums + i) + ew_loaded<ew_ints>(t.bias + c);
        const ew_ints big = ew_high_product(sum, ew_loaded<ew_ints>(t.multipliers + c));
        // Half away from zero is half up of one less, where it is negative. 2^(31 + shift) is made as a float is.
        const ew_ints powers = (ew_loaded<ew_ints>(t.shifts + c) + (31 + 127)) << 23;
        const ew_ints factors = __builtin_convertvector(reinterpret_cast<ew_numbers>(powers), ew_ints);
        ew_ints value = ew_high_product(big + (big < 0), factors) + call.zero;
        value = value < low ? low : value;
        value = value > high ? high : value;
        ew_stored_bytes(t.out + at + i, value);
    }
#endif
    for (; i < count; ++i) {
        const int32_t c = channel + i;
        const int64_t sum = static_cast<int64_t>(sums[i]) + t.bias[c];
        t.out[at + i] = ew_clamped(ew_rescaled(sum, t.multipliers[c], t.shifts[c]) + call.zero, call.low, call.high);
    }
}

// A window's place: its taps are pieces of `in_channels` values, of one group.
struct window {
    const ew_convolve8& call;
    const int8_t* in;
    int32_t top, left;

    // What a tap sees, null where that is padding.
    const int8_t* at(int32_t i, int32_t j) const {
        const ew_convolve& sums = call.sums;
        const int32_t row = top + i * sums.dilation_height, column = left + j * sums.dilation_width;
        if (row < 0 || row >= sums.in_height || column < 0 || column >= sums.in_width) return nullptr;
        return in + (row * sums.in_width + column) * sums.groups * sums.in_channels;
    }
};

// `count` values less the zero; zeros where there are none.
void widen(const int8_t* values, int32_t count, int32_t zero, int16_t* out) {
    int32_t i = 0;
    if (values == nullptr) {
        for (; i < count; ++i) out[i] = 0;
    }
#ifdef EW_SHORTS
    for (; i + step <= count; i += step) ew_stored(out + i, ew_wide(values + i) - static_cast<int16_t>(zero));
#endif
    for (; i < count; ++i) out[i] = static_cast<int16_t>(values[i] - zero);
}

// Values first … first + count of a window, then zeros up to a multiple of `step`.
void gather(const window& from, int32_t first, int32_t count, int16_t* out) {
    const ew_convolve& sums = from.call.sums;
    const int32_t wide = sums.in_channels;
    int32_t done = 0, begin = first % wide, j = first / wide % sums.kernel_width, i = first / wide / sums.kernel_width;
    while (done < count) {
        const int32_t left = wide - begin, piece = left < count - done ? left : count - done;
        const int8_t* const values = from.at(i, j);
        widen(values == nullptr ? values : values + begin, piece, from.call.zero_in, out + done);
        done += piece;
        begin = 0;
        if (++j == sums.kernel_width) j = 0, ++i;
    }
    for (; done % step != 0; ++done) out[done] = 0;
}

// Add products of `rows` windows with `channels` filters, 4 or 1, to sums. `stride` apart lie windows, `filter` apart filters.
template <int32_t rows, int32_t channels>
void multiply(const int16_t* x, int32_t stride, const int8_t* w, int32_t filter, int32_t count, int32_t* sums) {
#ifdef EW_SHORTS
    ew_ints total[rows][4] = {};
    for (int32_t i = 0; i < count; i += step) {
        ew_shorts values[rows];
        EW_UNROLLED
        for (int32_t r = 0; r < rows; ++r) values[r] = ew_loaded<ew_shorts>(x + r * stride + i);
        EW_UNROLLED
        for (int32_t c = 0; c < channels; ++c) {
            const ew_shorts weights = ew_wide(w + c * filter + i);
            EW_UNROLLED
            for (int32_t r = 0; r < rows; ++r) total[r][c] += ew_pair_products(values[r], weights);
        }
    }
    EW_UNROLLED
    for (int32_t r = 0; r < rows; ++r) {
        const ew_four made = ew_totals(total[r][0], total[r][1], total[r][2], total[r][3]);
        EW_UNROLLED
        for (int32_t c = 0; c < channels; ++c) sums[r * together + c] += made[c];
    }
#else
    (void)stride;
    int32_t total[channels] = {};
    for (int32_t i = 0; i < count; ++i) {
        const int32_t value = x[i];
        for (int32_t c = 0; c < channels; ++c) total[c] += value * w[c * filter + i];
    }
    for (int32_t c = 0; c < channels; ++c) sums[c] += total[c];
#endif
}

template <int32_t rows>
void multiply_all(const int16_t* x, int32_t stride, const int8_t* w, int32_t filter, int32_t count, int32_t channels,
                  int32_t* sums) {
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) multiply<rows, 4>(x, stride, w + c * filter, filter, count, sums + c);
    for (; c < channels; ++c) multiply<rows, 1>(x, stride, w + c * filter, filter, count, sums + c);
}

// One or more windows beside each other, of one group.
void convolve(const ew_convolve8& call, const tables& t, const window* windows, int32_t rows, int32_t group, int32_t at) {
    const ew_convolve& s = call.sums;
    const int32_t filter = s.in_channels * s.kernel_height * s.kernel_width;
    const bool whole = filter <= most_taps;
    int16_t x[pixels * most_taps];
    for (int32_t r = 0; r < rows && whole; ++r) gather(windows[r], 0, filter, x + r * most_taps);
    for (int32_t c = 0; c < s.out_channels; c += together) {
        const int32_t count = s.out_channels - c < together ? s.out_channels - c : together;
        const int32_t channel = group * s.out_channels + c;
        int32_t sums[pixels * together] = {};
        for (int32_t first = 0; first < filter; first += most_taps) {
            const int32_t taps = filter - first < most_taps ? filter - first : most_taps;
            for (int32_t r = 0; r < rows && !whole; ++r) gather(windows[r], first, taps, x + r * most_taps);
            const int8_t* const w = t.weights + channel * filter + first;
            if (rows == 1) {
                multiply_all<1>(x, most_taps, w, filter, taps, count, sums);
            } else {
                multiply_all<pixels>(x, most_taps, w, filter, taps, count, sums);
            }
        }
        for (int32_t r = 0; r < rows; ++r) {
            rescale(call, t, sums + r * together, channel, count, at + r * s.groups * s.out_channels + group * s.out_channels + c);
        }
    }
}

// A tap of a window that isn't padding: what it sees, and its weights.
struct tap {
    const int8_t* x;
    const int8_t* w;
};

// Add products of each channel with its own filter.
void multiply_each(const tap* taps, int32_t count, int32_t zero, int32_t channels, int32_t* sums) {
    int32_t c = 0;
#ifdef EW_SHORTS
    for (; c + step <= channels; c += step) {
        ew_ints low = ew_loaded<ew_ints>(sums + c), high = ew_loaded<ew_ints>(sums + c + step / 2);
        for (int32_t i = 0; i < count; ++i) {
            const ew_shorts x = ew_wide(taps[i].x + c) - static_cast<int16_t>(zero);
            ew_half_shorts halves[2];  // of products: 255 * 128 fits
            const ew_shorts product = x * ew_wide(taps[i].w + c);
            EW_COPY(halves, &product, sizeof halves);
            low += __builtin_convertvector(halves[0], ew_ints);
            high += __builtin_convertvector(halves[1], ew_ints);
        }
        ew_stored(sums + c, low);
        ew_stored(sums + c + step / 2, high);
    }
#endif
    for (; c < channels; ++c) {
        for (int32_t i = 0; i < count; ++i) sums[c] += (taps[i].x[c] - zero) * taps[i].w[c];
    }
}

// One window of as many filters as channels, each of its own channel.
void convolve_each(const ew_convolve8& call, const tables& t, const window& from, int32_t at) {
    const ew_convolve& s = call.sums;
    constexpr int32_t most = 25;  // taps at a time
    for (int32_t c = 0; c < s.groups; c += together) {
        const int32_t channels = s.groups - c < together ? s.groups - c : together;
        int32_t sums[together] = {}, count = 0;
        tap taps[most];
        for (int32_t i = 0; i < s.kernel_height; ++i) {
            for (int32_t j = 0; j < s.kernel_width; ++j) {
                const int8_t* const seen = from.at(i, j);
                if (seen == nullptr) continue;
                taps[count++] = {seen + c, t.weights + (i * s.kernel_width + j) * s.groups + c};
                if (count == most) {
                    multiply_each(taps, count, call.zero_in, channels, sums);
                    count = 0;
                }
            }
        }
        multiply_each(taps, count, call.zero_in, channels, sums);
        rescale(call, t, sums, c, channels, at + c);
    }
}

bool known(const ew_program& program, const ew_convolve8& call, tables& t) {
    const ew_convolve& s = call.sums;
    const int32_t filter[3] = {s.in_channels, s.kernel_height, s.kernel_width};
    const int32_t channel_sizes[2] = {s.groups, s.out_channels};
    const int64_t channels = ew_volume(channel_sizes, 2), taps = ew_volume(filter, 3);
    constexpr int64_t most = 32768;  // sums stay within int32
    if (!ew_is_sliding(s) || channels < 1 || taps < 1 || taps > most || !ew_is_int8(call.zero_in)) return false;
    const int32_t in_sizes[4] = {s.in_height, s.in_width, s.groups, s.in_channels};
    const int32_t out_sizes[4] = {s.out_height, s.out_width, s.groups, s.out_channels};
    const int64_t made = ew_volume(out_sizes, 4);
    constexpr int64_t behind = 16;  // read with the last filter, and multiplied by 0
    t = {};
    t.in = ew_read8(program, s.in, ew_volume(in_sizes, 4));
    t.weights = ew_read8(program, s.weights, channels * taps + behind);
    t.bias = ew_read32(program, s.bias, channels);
    if (t.in == nullptr || t.weights == nullptr || t.bias == nullptr) return false;
    if (call.factors != ew_nowhere) {
        t.factors = ew_read(program, call.factors, channels);
        t.numbers = ew_write(program, s.out, made);
        return t.factors != nullptr && t.numbers != nullptr;
    }
    t.multipliers = ew_read32(program, call.multipliers, channels);
    t.shifts = ew_read32(program, call.shifts, channels);
    t.out = ew_write8(program, s.out, made);
    if (t.out == nullptr || t.multipliers == nullptr || t.shifts == nullptr) return false;
    t.only_down = true;
    for (int64_t c = 0; c < channels; ++c) {
        if (!ew_is_shift(t.shifts[c])) return false;
        t.only_down = t.only_down && t.shifts[c] < 0;
    }
    return ew_is_int8(call.zero) && ew_is_int8(call.low) && ew_is_int8(call.high);
}

}  // namespace

bool ew_run_convolve8(const ew_program& program, const ew_convolve8& call) {
    tables t;
    if (!known(program, call, t)) return false;
#ifdef EW_NN_CMSIS
    const ew_convolve8_data data = {t.in, t.weights, t.bias, t.multipliers, t.shifts, t.out};
    if (t.factors == nullptr && ew_convolve8_cmsis(program, call, data)) return true;
#endif
    const ew_convolve& s = call.sums;
    const bool each = s.in_channels == 1 && s.out_channels == 1;
    const int32_t channels = s.groups * s.out_channels;
    int32_t at = 0;
    for (int32_t y = 0; y < s.out_height; ++y) {
        const int32_t top = y * s.stride_height - s.pad_top;
        for (int32_t x = 0; x < s.out_width;) {
            const int32_t left = x * s.stride_width - s.pad_left;
            if (each) {
                convolve_each(call, t, {call, t.in, top, left}, at);
                ++x, at += channels;
                continue;
            }
            const int32_t rows = s.out_width - x < pixels ? s.out_width - x : pixels;
            for (int32_t group = 0; group < s.groups; ++group) {
                const int8_t* const in = t.in + group * s.in_channels;
                const window windows[2] = {{call, in, top, left}, {call, in, top, left + s.stride_width}};
                convolve(call, t, windows, rows, group, at);
            }
            x += rows, at += rows * channels;
        }
    }
    return true;
}

}  // namespace EW_NS

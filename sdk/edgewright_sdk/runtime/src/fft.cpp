// SPDX-License-Identifier: Apache-2.0
// Split radix with conjugate pairs, over real values, depth first; a bin's parts stand where the values stood.
// I. Kamar, Y. Elcherif, "Conjugate pair fast Fourier transform", 1989. H. V. Sorensen, D. L. Jones, M. T. Heideman,
// C. S. Burrus, "Real-valued fast Fourier transform algorithms", 1987.
#include "edgewright/fft.h"

#include "edgewright/fft_cmsis.h"
#include "edgewright/lanes.h"

namespace EW_NS {
namespace {

constexpr float root_half = 0.70710678118654752f;

// GCC would make a copy of a recursion for each of its first steps.
#if defined(__GNUC__) && !defined(__clang__)
#define EW_ONE_COPY [[gnu::noipa]]
#elif defined(__clang__)
#define EW_ONE_COPY [[gnu::noinline]]
#else
#define EW_ONE_COPY
#endif

// `Value` is one float, or several that belong to as many transforms side by side.
template <class Value>
struct ew_transform {
    static constexpr int32_t width = ew_width<Value>();

    const float* values;
    int32_t total;        // floats
    const float* sine;    // of a circle of `total` steps, a quarter of it
    const float* cosine;  // the same table's end, to be read backwards

    // The first of a transform's values may lie before the others, round the circle; no other does.
    Value first(int32_t offset) const { return ew_get<Value>(values + (offset < 0 ? offset + total : offset)); }

    void four(int32_t offset, int32_t stride, float* out) const {
        const float* const second = values + (offset + stride);
        const Value a = first(offset);
        const Value b = ew_get<Value>(second);
        const Value c = ew_get<Value>(second + stride);
        const Value d = ew_get<Value>(second + 2 * stride);
        const Value even = a + c;
        const Value odd = b + d;
        ew_put(out, even + odd);
        ew_put(out + width, a - c);
        ew_put(out + 2 * width, even - odd);
        ew_put(out + 3 * width, d - b);
    }

    void eight(int32_t offset, int32_t stride, float* out) const {
        const float* const second = values + (offset + stride);
        const Value x0 = first(offset);
        const Value x2 = ew_get<Value>(second + stride);
        const Value x4 = ew_get<Value>(second + 3 * stride);
        const Value x6 = ew_get<Value>(second + 5 * stride);
        const Value even = x0 + x4;
        const Value odd = x2 + x6;
        const Value re = x0 - x4;
        const Value im = x6 - x2;
        const Value x1 = ew_get<Value>(second);
        const Value x3 = ew_get<Value>(second + 2 * stride);
        const Value x5 = ew_get<Value>(second + 4 * stride);
        const Value x7 = ew_get<Value>(second + 6 * stride);
        const Value plus = x1 + x5;
        const Value minus = x7 + x3;
        const Value up = x1 - x5;
        const Value down = x7 - x3;
        const Value sum = plus + minus;
        const Value whole = even + odd;
        const Value turned_re = (down + up) * root_half;
        const Value turned_im = (down - up) * root_half;
        ew_put(out, whole + sum);
        ew_put(out + width, re + turned_re);
        ew_put(out + 2 * width, even - odd);
        ew_put(out + 3 * width, re - turned_re);
        ew_put(out + 4 * width, whole - sum);
        ew_put(out + 5 * width, turned_im - im);
        ew_put(out + 6 * width, minus - plus);
        ew_put(out + 7 * width, turned_im + im);
    }

    // The values `stride` apart from `offset` on: the even ones, and of the odd ones every second, those before and those
    // after an even one.
    EW_ONE_COPY void run(int32_t offset, int32_t stride, float* out, int32_t size) const {
        if (size == 8 * width) return eight(offset, stride, out);
        if (size == 4 * width) return four(offset, stride, out);
        const int32_t quarter = size / 4;
        run(offset, 2 * stride, out, 2 * quarter);
        run(offset + stride, 4 * stride, out + 2 * quarter, quarter);
        run(offset - stride, 4 * stride, out + 3 * quarter, quarter);
        join(out, quarter, stride);
    }

    void join(float* out, int32_t quarter, int32_t step) const {
        float* a = out;
        float* b = out + quarter;
        float* c = b;
        float* d = out + 2 * quarter;
        float* e = d;
        float* f = out + 3 * quarter;
        float* g = f;
        float* h = out + 4 * quarter;
        const Value first_plus = ew_get<Value>(e);
        const Value first_minus = ew_get<Value>(g);
        const Value first_even = ew_get<Value>(a);
        ew_put(g, first_minus - first_plus);
        ew_put(e, first_even - (first_plus + first_minus));
        ew_put(a, first_even + (first_plus + first_minus));
        const float* sines = sine;
        const float* cosines = cosine;
        for (;;) {
            a += width, b -= width, c += width, d -= width, e += width, f -= width, g += width, h -= width;
            if (a == b) break;
            sines += step;
            cosines -= step;
            const float si = *sines;
            const float co = *cosines;
            const Value z_re = ew_get<Value>(e);
            const Value z_im = ew_get<Value>(f);
            const Value y_re = ew_get<Value>(g);
            const Value y_im = ew_get<Value>(h);
            const Value plus_re = z_re * co + z_im * si;
            const Value plus_im = z_im * co - z_re * si;
            const Value minus_re = y_re * co - y_im * si;
            const Value minus_im = y_im * co + y_re * si;
            const Value sum_re = plus_re + minus_re;
            const Value sum_im = plus_im + minus_im;
            const Value difference_re = minus_re - plus_re;
            const Value difference_im = plus_im - minus_im;
            const Value u_re = ew_get<Value>(a);
            const Value v_re = ew_get<Value>(b);
            const Value v_im = ew_get<Value>(c);
            const Value u_im = ew_get<Value>(d);
            ew_put(a, u_re + sum_re);
            ew_put(b, v_re - difference_im);
            ew_put(c, v_re + difference_im);
            ew_put(d, u_re - sum_re);
            ew_put(e, sum_im - u_im);
            ew_put(f, difference_re - v_im);
            ew_put(g, difference_re + v_im);
            ew_put(h, sum_im + u_im);
        }
        // An eighth of the circle: both odd transforms' last bins are real.
        const Value plus = ew_get<Value>(e);
        const Value minus = ew_get<Value>(g);
        const Value turned_re = (minus + plus) * root_half;
        const Value turned_im = (minus - plus) * root_half;
        const Value u_re = ew_get<Value>(a);
        const Value u_im = ew_get<Value>(c);
        ew_put(a, u_re + turned_re);
        ew_put(c, u_re - turned_re);
        ew_put(e, turned_im - u_im);
        ew_put(g, turned_im + u_im);
    }
};

float square(float re, float im) { return re * re + im * im; }

}  // namespace

void ew_rfft(float* values, int32_t length, const float* quarter_wave, float* spectrum) {
    if (length == 2) {
        spectrum[0] = values[0] + values[1];
        spectrum[1] = values[0] - values[1];
        return;
    }
#ifdef EW_FFT_CMSIS
    if (ew_rfft_cmsis(values, length, quarter_wave, spectrum)) return;
#endif
    const ew_transform<float> transform = {values, length, quarter_wave, quarter_wave + length / 4};
    transform.run(0, 1, spectrum, length);
}

#ifdef EW_LANES
namespace {

// Every fourth value is a transform of its own, and the four stand side by side: what is left is one step of radix 4.
void four_at_once(float* values, int32_t length, const float* quarter_wave, float* work) {
    const int32_t quarter = length / 4;
    const ew_transform<ew_lanes> transform = {values, length, quarter_wave, quarter_wave + quarter};
    transform.run(0, 4, work, length);

    const float share = 1.0f / static_cast<float>(length);  // exact: a power of two
    for (int32_t k = 0; k < quarter / 2; k += 4) {
        ew_lanes re[4];
        ew_lanes im[4];
        for (int32_t i = 0; i < 4; ++i) {
            re[i] = ew_get<ew_lanes>(work + 4 * (k + i));
            im[i] = k + i == 0 ? ew_lanes{} : ew_get<ew_lanes>(work + length - 4 * (k + i));
        }
        ew_transpose(re[0], re[1], re[2], re[3]);
        ew_transpose(im[0], im[1], im[2], im[3]);
        const ew_lanes sine1 = ew_get<ew_lanes>(quarter_wave + k);
        const ew_lanes cosine1 = ew_reversed(ew_get<ew_lanes>(quarter_wave + quarter - k - 3));
        const ew_lanes cosine2 = 1.0f - 2.0f * sine1 * sine1;
        const ew_lanes sine2 = 2.0f * sine1 * cosine1;
        const ew_lanes cosine3 = cosine1 * cosine2 - sine1 * sine2;
        const ew_lanes sine3 = sine1 * cosine2 + cosine1 * sine2;
        const ew_lanes re1 = re[1] * cosine1 + im[1] * sine1;
        const ew_lanes im1 = im[1] * cosine1 - re[1] * sine1;
        const ew_lanes re2 = re[2] * cosine2 + im[2] * sine2;
        const ew_lanes im2 = im[2] * cosine2 - re[2] * sine2;
        const ew_lanes re3 = re[3] * cosine3 + im[3] * sine3;
        const ew_lanes im3 = im[3] * cosine3 - re[3] * sine3;
        const ew_lanes p_re = re[0] + re2;
        const ew_lanes p_im = im[0] + im2;
        const ew_lanes m_re = re[0] - re2;
        const ew_lanes m_im = im[0] - im2;
        const ew_lanes q_re = re1 + re3;
        const ew_lanes q_im = im1 + im3;
        const ew_lanes d_re = re1 - re3;
        const ew_lanes d_im = im1 - im3;
        const auto power = [share](ew_lanes a, ew_lanes b) { return (a * a + b * b) * share; };
        ew_put(values + k, power(p_re + q_re, p_im + q_im));
        ew_put(values + 2 * quarter - k - 3, ew_reversed(power(p_re - q_re, p_im - q_im)));
        ew_put(values + quarter + k, power(m_re + d_im, m_im - d_re));
        ew_put(values + quarter - k - 3, ew_reversed(power(m_re - d_im, m_im + d_re)));
    }
    const float* const z = work + length / 2;  // a bin of its own, real in all four
    const float re = root_half * (z[1] - z[3]);
    const float im = root_half * (z[1] + z[3]);
    values[quarter / 2] = square(z[0] + re, z[2] + im) * share;
    values[quarter / 2 + quarter] = square(z[0] - re, z[2] - im) * share;
}

}  // namespace
#endif

void ew_power_spectrum(float* values, int32_t length, const float* quarter_wave, float* work) {
#ifdef EW_LANES
    if (length >= 32) return four_at_once(values, length, quarter_wave, work);
#endif
    ew_rfft(values, length, quarter_wave, work);
    const float share = 1.0f / static_cast<float>(length);  // exact: a power of two
    const int32_t half = length / 2;
    values[0] = work[0] * work[0] * share;
    for (int32_t k = 1; k < half; ++k) values[k] = square(work[k], work[length - k]) * share;
    values[half] = work[half] * work[half] * share;
}

}  // namespace EW_NS

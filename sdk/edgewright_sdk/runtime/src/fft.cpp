// SPDX-License-Identifier: Apache-2.0
// A complex FFT of half the length over even and odd samples, then the split into the real signal's bins.
// J. W. Cooley, J. W. Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965.
#include "edgewright/fft.h"

namespace EW_NS {
namespace {

// cos and sin of 2 pi t / length for 0 <= t < length/2, from the first quarter of the sine.
struct ew_turn {
    float cosine;
    float sine;
};

ew_turn turn(const float* quarter_wave, int32_t length, int32_t t) {
    const int32_t quarter = length / 4;
    if (t <= quarter) return {quarter_wave[quarter - t], quarter_wave[t]};
    return {-quarter_wave[t - quarter], quarter_wave[length / 2 - t]};
}

void reverse_bits(float* values, int32_t points) {
    int32_t reversed = 0;
    for (int32_t i = 1; i < points; ++i) {
        int32_t bit = points >> 1;
        for (; (reversed & bit) != 0; bit >>= 1) reversed ^= bit;
        reversed |= bit;
        if (i < reversed) {
            const float re = values[2 * i];
            const float im = values[2 * i + 1];
            values[2 * i] = values[2 * reversed];
            values[2 * i + 1] = values[2 * reversed + 1];
            values[2 * reversed] = re;
            values[2 * reversed + 1] = im;
        }
    }
}

void complex_fft(float* values, int32_t points, const float* quarter_wave, int32_t length) {
    reverse_bits(values, points);
    for (int32_t size = 2; size <= points; size *= 2) {
        const int32_t half = size / 2;
        for (int32_t j = 0; j < half; ++j) {
            const ew_turn w = turn(quarter_wave, length, j * (length / size));
            for (int32_t start = j; start < points; start += size) {
                float* const a = values + 2 * start;
                float* const b = a + 2 * half;
                const float re = b[0] * w.cosine + b[1] * w.sine;
                const float im = b[1] * w.cosine - b[0] * w.sine;
                b[0] = a[0] - re;
                b[1] = a[1] - im;
                a[0] += re;
                a[1] += im;
            }
        }
    }
}

}  // namespace

void ew_rfft(float* values, int32_t length, const float* quarter_wave) {
    const int32_t points = length / 2;
    complex_fft(values, points, quarter_wave, length);
    const float re0 = values[0];
    const float im0 = values[1];
    values[0] = re0 + im0;
    values[1] = re0 - im0;
    for (int32_t k = 1; 2 * k <= points; ++k) {
        float* const a = values + 2 * k;
        float* const b = values + 2 * (points - k);
        const ew_turn w = turn(quarter_wave, length, k);
        const float even_re = 0.5f * (a[0] + b[0]);
        const float even_im = 0.5f * (a[1] - b[1]);
        const float odd_re = 0.5f * (a[1] + b[1]);
        const float odd_im = 0.5f * (b[0] - a[0]);
        const float turned_re = odd_re * w.cosine + odd_im * w.sine;
        const float turned_im = odd_im * w.cosine - odd_re * w.sine;
        a[0] = even_re + turned_re;
        a[1] = even_im + turned_im;
        b[0] = even_re - turned_re;
        b[1] = turned_im - even_im;
    }
}

void ew_max_hold_power(const float* spectrum, int32_t length, float* power) {
    const float n = static_cast<float>(length);
    const int32_t half = length / 2;
    for (int32_t k = 0; k <= half; ++k) {
        float re = spectrum[0];
        float im = 0.0f;
        if (k == half) {
            re = spectrum[1];
        } else if (k > 0) {
            re = spectrum[2 * k];
            im = spectrum[2 * k + 1];
        }
        const float p = (re * re + im * im) / n;
        if (p > power[k]) power[k] = p;
    }
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
#include "edgewright/audio.h"

#include "edgewright/fft.h"
#include "edgewright/logarithm.h"
#include "edgewright/vector.h"

namespace EW_NS {

bool ew_frames_fit(const ew_frames& frames, int32_t samples) {
    const int32_t n = frames.fft_length;
    if (n < 2 || (n & (n - 1)) != 0 || frames.quarter_wave == nullptr) return false;
    if (frames.used < 1 || frames.used > n || frames.step < 1 || frames.count < 1) return false;
    if (frames.new_frames < 0 || frames.new_frames >= frames.count) return false;
    if (frames.shift < 0 || frames.shift >= samples) return false;
    return frames.used <= samples && (samples - frames.used) / frames.step >= frames.count - 1;
}

namespace {

// Sum of a frame after pre-emphasis. Little is left of large numbers there, and the transform's rounding could be more:
// sum of x - factor × sum of x before = what the frame gains and loses at its ends + (1 - factor) × sum of x before.
float emphasised_sum(const ew_frames& frames, const float* signal, int32_t samples, int32_t start) {
    const int32_t shift = frames.shift < frames.used ? frames.shift : frames.used;
    const float sum = ew_total(signal + start, frames.used);
    float gained = 0.0f;
    for (int32_t i = 0; i < shift; ++i) {
        const int32_t before = start - frames.shift + i;
        gained += signal[start + frames.used - shift + i] - signal[before < 0 ? before + samples : before];
    }
    return gained + (1.0f - frames.factor) * (sum - gained);
}

}  // namespace

void ew_frame_power(const ew_frames& frames, const float* signal, int32_t samples, int32_t frame, float* work,
                    float* power) {
    const int32_t start = frame * frames.step;
    const float* const x = signal + start;
    if (frames.factor == 0.0f) {
        for (int32_t i = 0; i < frames.used; ++i) power[i] = x[i] * frames.scale;
    } else {
        // Before the window's first sample comes its end.
        const int32_t left = frames.shift - start;
        const int32_t wrapped = left < 0 ? 0 : left < frames.used ? left : frames.used;
        for (int32_t i = 0; i < wrapped; ++i) {
            power[i] = (x[i] - frames.factor * signal[samples - left + i]) * frames.scale;
        }
        for (int32_t i = wrapped; i < frames.used; ++i) {
            power[i] = (x[i] - frames.factor * signal[i - left]) * frames.scale;
        }
    }
    const int32_t empty = frames.fft_length - frames.used;
    memset(power + frames.used, 0, sizeof(float) * static_cast<size_t>(empty));
    ew_power_spectrum(power, frames.fft_length, frames.quarter_wave, work);
    if (frames.factor != 0.0f) {
        const float sum = emphasised_sum(frames, signal, samples, start) * frames.scale;
        power[0] = sum * sum / static_cast<float>(frames.fft_length);
    }
}

namespace {

struct ew_kept_frames {
    int32_t filled;
    float values[1];  // really count × width
};

}  // namespace

bool ew_take_frames(const ew_frames& frames, const void* state, float* values, int32_t width) {
    const ew_kept_frames* const kept = static_cast<const ew_kept_frames*>(state);
    if (kept == nullptr || frames.new_frames == 0 || kept->filled == 0) return false;
    const int32_t count = (frames.count - frames.new_frames) * width;
    memcpy(values, kept->values + frames.new_frames * width, sizeof(float) * static_cast<size_t>(count));
    return true;
}

bool ew_is_new_frame(const ew_frames& frames, bool taken, int32_t frame) {
    // The first frames see the window's end, round the circle of the pre-emphasis.
    const bool wraps = frames.factor != 0.0f && frame * frames.step < frames.shift;
    return !taken || wraps || frame >= frames.count - frames.new_frames;
}

void ew_keep_frames(const ew_frames& frames, void* state, const float* values, int32_t width) {
    ew_kept_frames* const kept = static_cast<ew_kept_frames*>(state);
    if (kept == nullptr || frames.new_frames == 0) return;
    memcpy(kept->values, values, sizeof(float) * static_cast<size_t>(frames.count * width));
    kept->filled = 1;
}

void ew_levels(float* power, int32_t count, float floor) {
    for (int32_t i = 0; i < count; ++i) power[i] = power[i] > 1e-30f ? power[i] : 1e-30f;
    ew_logarithms(power, count, 10.0f * ew_decades);
    const float range = 12.0f - floor;
    for (int32_t i = 0; i < count; ++i) {
        const float level = (power[i] - floor) / range;
        power[i] = level > 0.0f ? level : 0.0f;
    }
}

}  // namespace EW_NS

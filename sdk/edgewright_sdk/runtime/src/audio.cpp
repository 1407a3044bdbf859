// SPDX-License-Identifier: Apache-2.0
#include "edgewright/audio.h"

#include "edgewright/fft.h"
#include "edgewright/scalar.h"

namespace EW_NS {

bool ew_frames_fit(const ew_frames& frames, int32_t samples) {
    const int32_t n = frames.fft_length;
    if (n < 2 || (n & (n - 1)) != 0 || frames.quarter_wave == nullptr) return false;
    if (frames.used < 1 || frames.used > n || frames.step < 1 || frames.count < 1) return false;
    if (frames.new_frames < 0 || frames.new_frames >= frames.count) return false;
    if (frames.shift < 0 || frames.shift >= samples) return false;
    return frames.used <= samples && (samples - frames.used) / frames.step >= frames.count - 1;
}

void ew_frame_power(const ew_frames& frames, const float* signal, int32_t samples, int32_t frame, float* work,
                    float* power) {
    const int32_t n = frames.fft_length;
    const int32_t start = frame * frames.step;
    if (frames.factor == 0.0f) {
        for (int32_t i = 0; i < frames.used; ++i) work[i] = signal[start + i] * frames.scale;
    } else {
        int32_t before = start - frames.shift;
        if (before < 0) before += samples;
        for (int32_t i = 0; i < frames.used; ++i) {
            work[i] = (signal[start + i] - frames.factor * signal[before]) * frames.scale;
            if (++before == samples) before = 0;
        }
    }
    for (int32_t i = frames.used; i < n; ++i) work[i] = 0.0f;
    ew_rfft(work, n, frames.quarter_wave);
    const float share = 1.0f / static_cast<float>(n);  // exact: n is a power of two
    power[0] = work[0] * work[0] * share;
    power[n / 2] = work[1] * work[1] * share;
    for (int32_t k = 1; k < n / 2; ++k) {
        power[k] = (work[2 * k] * work[2 * k] + work[2 * k + 1] * work[2 * k + 1]) * share;
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

float ew_level(float power, float floor) {
    const float decibels = 10.0f * log10f(power > 1e-30f ? power : 1e-30f);
    const float level = (decibels - floor) / (12.0f - floor);
    return level > 0.0f ? level : 0.0f;
}

}  // namespace EW_NS

// SPDX-License-Identifier: Apache-2.0
// Short frames of a sound: cutting, pre-emphasis, power, and what a stream keeps of its last window.
#ifndef EDGEWRIGHT_AUDIO_H
#define EDGEWRIGHT_AUDIO_H

#include "edgewright/node.h"

namespace EW_NS {

struct ew_frames {
    int32_t used;        // samples of a frame that are looked at, at most fft_length
    int32_t step;        // from one frame's start to the next
    int32_t count;
    int32_t fft_length;  // a power of two
    int32_t new_frames;  // by which a stream's next window is further on; 0: not whole frames, nothing is kept
    int32_t shift;       // of the pre-emphasis x[i] - factor x[i - shift], in a circle
    float factor;
    float scale;
    const float* quarter_wave;  // see ew_rfft
};

// True when the tables can be used on a window of `samples`.
bool ew_frames_fit(const ew_frames& frames, int32_t samples);

// Power |bin k|^2 / N of one frame, k = 0 … N/2. `work` and `power` have fft_length values each.
void ew_frame_power(const ew_frames& frames, const float* signal, int32_t samples, int32_t frame, float* work,
                    float* power);

// A stream keeps `width` values of each frame; its state has 4 (1 + count width) bytes.
// Take over into `values` (count × width) what the window before has computed; false where there is nothing.
bool ew_take_frames(const ew_frames& frames, const void* state, float* values, int32_t width);

// Whether a frame must be computed, `taken` being what ew_take_frames said.
bool ew_is_new_frame(const ew_frames& frames, bool taken, int32_t frame);

// Keep what the next window takes over. `state` may be null.
void ew_keep_frames(const ew_frames& frames, void* state, const float* values, int32_t width);

// Turn powers into levels: 0 at `floor` dB and below, 1 at 12 dB.
void ew_levels(float* power, int32_t count, float floor);

}  // namespace EW_NS

#endif

// SPDX-License-Identifier: Apache-2.0
#include "spectrogram.h"

#include "edgewright/audio.h"

namespace EW_NS {

ew_status ew_spectrogram(const ew_spectrogram_tables& tables, void* state, const ew_view* in, ew_view* out,
                         ew_arena& scratch) {
    const ew_frames frames = {tables.frame_used, tables.frame_step, tables.frames, tables.fft_length, tables.new_frames,
                              tables.shift,      tables.factor,     tables.scale,  tables.quarter_wave};
    const int32_t samples = in[0].shape[0];
    const int32_t bins = tables.fft_length / 2 + 1;
    if (in[0].rank != 2 || !ew_is_floats(in[0], samples)) return ew_bad_shape;
    if (!ew_frames_fit(frames, samples) || !(tables.noise_floor < 12.0f)) return ew_bad_tables;
    if (!ew_is_floats(out[0], frames.count * bins)) return ew_bad_shape;

    float* const work = ew_take<float>(scratch, frames.fft_length);
    float* const power = ew_take<float>(scratch, frames.fft_length);
    if (work == nullptr || power == nullptr) return ew_no_memory;

    float* const levels = ew_floats(out[0]);
    const bool taken = ew_take_frames(frames, state, levels, bins);
    for (int32_t frame = 0; frame < frames.count; ++frame) {
        if (!ew_is_new_frame(frames, taken, frame)) continue;
        ew_frame_power(frames, ew_floats(in[0]), samples, frame, work, power);
        ew_levels(power, bins, tables.noise_floor);
        memcpy(levels + frame * bins, power, sizeof(float) * static_cast<size_t>(bins));
    }
    ew_keep_frames(frames, state, levels, bins);
    return ew_ok;
}

}  // namespace EW_NS

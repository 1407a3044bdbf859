// SPDX-License-Identifier: Apache-2.0
#include "mfe.h"

#include "edgewright/audio.h"
#include "edgewright/mel.h"

namespace EW_NS {

namespace {

// To the nearest step of 1/256, halves to the even one.
float rounded(float level) {
    const float steps = level * 256.0f;
    const int32_t whole = static_cast<int32_t>(steps);
    const float rest = steps - static_cast<float>(whole);
    const int32_t up = static_cast<int32_t>(rest > 0.5f) | (static_cast<int32_t>(rest == 0.5f) & whole & 1);
    return static_cast<float>(whole + up) / 256.0f;
}

}  // namespace

ew_status ew_mfe(const ew_mfe_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch) {
    const ew_frames frames = {tables.frame_used, tables.frame_step, tables.frames, tables.fft_length, tables.new_frames,
                              tables.shift,      tables.factor,     tables.scale,  tables.quarter_wave};
    const ew_mel_bank bank = {tables.filters, tables.first, tables.count, tables.weights};
    const int32_t samples = in[0].shape[0];
    const int32_t bins = tables.fft_length / 2 + 1;
    if (in[0].rank != 2 || !ew_is_floats(in[0], samples)) return ew_bad_shape;
    if (!ew_frames_fit(frames, samples) || !ew_mel_fits(bank, bins)) return ew_bad_tables;
    if (!(tables.noise_floor < 12.0f)) return ew_bad_tables;
    if (!ew_is_floats(out[0], frames.count * bank.filters)) return ew_bad_shape;

    float* const work = ew_take<float>(scratch, frames.fft_length);
    float* const power = ew_take<float>(scratch, frames.fft_length);
    if (work == nullptr || power == nullptr) return ew_no_memory;

    float* const levels = ew_floats(out[0]);
    const bool taken = ew_take_frames(frames, state, levels, bank.filters);
    for (int32_t frame = 0; frame < frames.count; ++frame) {
        if (!ew_is_new_frame(frames, taken, frame)) continue;
        ew_frame_power(frames, ew_floats(in[0]), samples, frame, work, power);
        float* const row = levels + frame * bank.filters;
        ew_mel_energies(bank, power, row);
        for (int32_t f = 0; f < bank.filters; ++f) row[f] = row[f] != 0.0f ? row[f] : 1e-10f;
        ew_levels(row, bank.filters, tables.noise_floor);
        for (int32_t f = 0; f < bank.filters; ++f) row[f] = rounded(row[f] < 1.0f ? row[f] : 1.0f);
    }
    ew_keep_frames(frames, state, levels, bank.filters);
    return ew_ok;
}

}  // namespace EW_NS

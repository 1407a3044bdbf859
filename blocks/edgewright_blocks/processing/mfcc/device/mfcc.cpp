// SPDX-License-Identifier: Apache-2.0
#include "mfcc.h"

#include "edgewright/audio.h"
#include "edgewright/cepstra.h"
#include "edgewright/logarithm.h"
#include "edgewright/mel.h"
#include "edgewright/vector.h"

namespace EW_NS {

namespace {

constexpr float floor_power = 1e-10f;  // in the place of a power or an energy that is exactly 0

}  // namespace

ew_status ew_mfcc(const ew_mfcc_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch) {
    const ew_frames frames = {tables.frame_used, tables.frame_step, tables.frames, tables.fft_length, tables.new_frames,
                              tables.shift,      tables.factor,     tables.scale,  tables.quarter_wave};
    const ew_mel_bank bank = {tables.filters, tables.first, tables.count, tables.weights};
    const int32_t samples = in[0].shape[0];
    const int32_t bins = tables.fft_length / 2 + 1;
    const int32_t width = tables.cepstra;
    if (in[0].rank != 2 || !ew_is_floats(in[0], samples)) return ew_bad_shape;
    if (!ew_frames_fit(frames, samples) || !ew_mel_fits(bank, bins)) return ew_bad_tables;
    if (width < 1 || width > bank.filters || tables.dct == nullptr || tables.smoothing < 0) return ew_bad_tables;
    if (!ew_is_floats(out[0], frames.count * width)) return ew_bad_shape;

    float* const work = ew_take<float>(scratch, frames.fft_length);
    float* const power = ew_take<float>(scratch, frames.fft_length);
    float* const energies = ew_take<float>(scratch, bank.filters);
    float* const cepstra = ew_take<float>(scratch, frames.count * width);
    float* const sums = ew_take<float>(scratch, 3 * (frames.count + 1));
    if (work == nullptr || power == nullptr || energies == nullptr || cepstra == nullptr || sums == nullptr) {
        return ew_no_memory;
    }

    const bool taken = ew_take_frames(frames, state, cepstra, width);
    for (int32_t frame = 0; frame < frames.count; ++frame) {
        if (!ew_is_new_frame(frames, taken, frame)) continue;
        ew_frame_power(frames, ew_floats(in[0]), samples, frame, work, power);
        ew_mel_energies(bank, power, energies);
        for (int32_t f = 0; f < bank.filters; ++f) energies[f] = energies[f] != 0.0f ? energies[f] : floor_power;
        ew_logarithms(energies, bank.filters, 1.0f);
        // A level that all share is in coefficient 0 only, which is another one here: without it the sums stay small.
        const float level = ew_total(energies, bank.filters) / static_cast<float>(bank.filters);
        for (int32_t f = 0; f < bank.filters; ++f) energies[f] -= level;
        float* const row = cepstra + frame * width;
        ew_dct(energies, bank.filters, tables.dct, width, row);
        const float total = ew_total(power, bins);
        row[0] = total != 0.0f ? total : floor_power;
        ew_logarithms(row, 1, 1.0f);
    }
    ew_keep_frames(frames, state, cepstra, width);
    if (tables.smoothing > 0) ew_sliding_normalise(cepstra, frames.count, width, tables.smoothing, sums);
    memcpy(ew_floats(out[0]), cepstra, sizeof(float) * static_cast<size_t>(frames.count * width));
    return ew_ok;
}

}  // namespace EW_NS

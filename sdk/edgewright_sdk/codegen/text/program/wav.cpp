// SPDX-License-Identifier: 0BSD
// WAV: PCM of 8, 16, 24 and 32 bits, and floating point, in the range of int16 as in training.
#include <math.h>
#include <string.h>

#include "rows.h"
#include "scoring.h"

namespace {

struct format {
    int kind = 0;  // 1 PCM, 3 floating point
    int channels = 0;
    uint32_t rate = 0;
    int bits = 0;
};

bool take_format(source& from, uint32_t size, format& to) {
    uint8_t head[40] = {};
    const uint32_t known = size < sizeof head ? size : static_cast<uint32_t>(sizeof head);
    if (size < 16 || !from.read(head, known) || !from.skip(size - known)) {
        return complain(from.name, "the file ends within its format");
    }
    to.kind = little16(head);
    to.channels = little16(head + 2);
    to.rate = little32(head + 4);
    to.bits = little16(head + 14);
    if (to.kind == 0xFFFE && size >= 26) to.kind = little16(head + 24);  // extensible: the kind comes later
    const bool integers = to.kind == 1 && (to.bits == 8 || to.bits == 16 || to.bits == 24 || to.bits == 32);
    if (!integers && !(to.kind == 3 && to.bits == 32)) {
        return complain(from.name, "WAV of kind %d with %d bits isn't read; PCM and 32-bit floating point are", to.kind, to.bits);
    }
    if (to.channels != impulse::axes) {
        return complain(from.name, "%d channels; the impulse takes %d", to.channels, static_cast<int>(impulse::axes));
    }
    // As everywhere in training, rates within half a percent are taken as equal.
    if (impulse::frequency > 0.0 && fabs(to.rate - impulse::frequency) > 0.005 * impulse::frequency) {
        return complain(from.name, "%u samples a second; the impulse takes %g: resample it, `sox %s -r %g out.wav`", to.rate,
                        impulse::frequency, from.name, impulse::frequency);
    }
    return true;
}

float sample(const uint8_t* at, const format& of) {
    if (of.kind == 3) {
        float value;
        memcpy(&value, at, sizeof value);
        return value * 32768.0f;
    }
    switch (of.bits) {
        case 8: return static_cast<float>(at[0] - 128) * 256.0f;
        case 16: return static_cast<float>(static_cast<int16_t>(little16(at)));
        case 24: return static_cast<float>(static_cast<int32_t>(little32(at - 1) & 0xFFFFFF00u)) / 65536.0f;
        default: return static_cast<float>(static_cast<int32_t>(little32(at))) / 65536.0f;
    }
}

// A recorder that writes to a pipe doesn't know the size; it says 0 or nearly 4 GB.
bool unknown(uint32_t size) { return size == 0 || size >= 0x7FFFF000u; }

bool take_samples(source& from, uint32_t size, const format& of) {
    const size_t frame = static_cast<size_t>(of.channels * of.bits / 8);
    const bool endless = unknown(size);
    uint64_t left = size / frame;
    uint8_t bytes[1 + impulse::axes * 4] = {};  // one before: see `sample` of 24 bits
    float row[impulse::axes];
    while (endless || left > 0) {
        if (!from.read(bytes + 1, frame)) {
            if (endless) return true;
            return complain(from.name, "truncated: %llu samples are missing", static_cast<unsigned long long>(left));
        }
        for (int32_t i = 0; i < impulse::axes; ++i) row[i] = sample(bytes + 1 + i * of.bits / 8, of);
        if (!push_rows(from.name, row, 1)) return false;
        --left;
    }
    return true;
}

}  // namespace

bool score_wav(source& from) {
    uint8_t head[12];
    if (!from.read(head, sizeof head) || memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4) != 0) {
        return complain(from.name, "not a WAV file");
    }
    format found;
    for (uint8_t chunk[8]; from.read(chunk, sizeof chunk);) {
        const uint32_t size = little32(chunk + 4);
        if (memcmp(chunk, "data", 4) == 0) {
            if (found.channels == 0) return complain(from.name, "damaged: samples before their format");
            return take_samples(from, size, found);
        }
        if (memcmp(chunk, "fmt ", 4) == 0) {
            if (!take_format(from, size, found)) return false;
            if (size % 2 == 1 && !from.skip(1)) break;
        } else if (!from.skip(static_cast<uint64_t>(size) + size % 2)) {
            break;
        }
    }
    return complain(from.name, "truncated: the file ends before its samples");
}

// SPDX-License-Identifier: 0BSD
#include "inflate.h"

#include <string.h>

namespace {

constexpr int longest_code = 15;
constexpr int literal_codes = 288;
constexpr int distance_codes = 30;

// Codes by length: how many there are of each, and their symbols in order.
struct huffman {
    uint16_t count[longest_code + 1];
    uint16_t symbol[literal_codes];

    // False when the lengths claim more codes than there are.
    bool build(const uint8_t* lengths, int symbols) {
        memset(count, 0, sizeof count);
        for (int i = 0; i < symbols; ++i) ++count[lengths[i]];
        count[0] = 0;
        uint16_t first[longest_code + 2] = {};
        int left = 1;
        for (int length = 1; length <= longest_code; ++length) {
            left = 2 * left - count[length];
            if (left < 0) return false;
            first[length + 1] = static_cast<uint16_t>(first[length] + count[length]);
        }
        for (int i = 0; i < symbols; ++i) {
            if (lengths[i] != 0) symbol[first[lengths[i]]++] = static_cast<uint16_t>(i);
        }
        return true;
    }
};

struct state {
    const uint8_t* in;
    const uint8_t* in_end;
    uint8_t* begin;
    uint8_t* out;
    uint8_t* out_end;
    uint32_t kept = 0;  // bits of the last byte that aren't used yet
    int kept_count = 0;
    bool broken = false;

    uint32_t bits(int wanted) {
        while (kept_count < wanted) {
            if (in == in_end) {
                broken = true;
                return 0;
            }
            kept |= static_cast<uint32_t>(*in++) << kept_count;
            kept_count += 8;
        }
        const uint32_t value = kept & ((1u << wanted) - 1);
        kept >>= wanted;
        kept_count -= wanted;
        return value;
    }

    int symbol(const huffman& table) {
        int code = 0, first = 0, index = 0;
        for (int length = 1; length <= longest_code && !broken; ++length) {
            code |= static_cast<int>(bits(1));
            const int here = table.count[length];
            if (code - first < here) return table.symbol[index + code - first];
            index += here;
            first = (first + here) << 1;
            code <<= 1;
        }
        broken = true;
        return 0;
    }
};

bool copy_stored(state& s) {
    s.kept = 0;
    s.kept_count = 0;
    const uint32_t size = s.bits(16), check = s.bits(16);
    if (s.broken || size != (~check & 0xFFFFu)) return false;
    if (static_cast<size_t>(s.in_end - s.in) < size || static_cast<size_t>(s.out_end - s.out) < size) return false;
    memcpy(s.out, s.in, size);
    s.in += size;
    s.out += size;
    return true;
}

bool decode(state& s, const huffman& literals, const huffman& distances) {
    static const uint16_t length_base[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                             31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const uint8_t length_bits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static const uint16_t distance_base[30] = {1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
                                               193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    for (;;) {
        const int symbol = s.symbol(literals);
        if (s.broken) return false;
        if (symbol == 256) return true;
        if (symbol < 256) {
            if (s.out == s.out_end) return false;
            *s.out++ = static_cast<uint8_t>(symbol);
            continue;
        }
        if (symbol > 285) return false;
        const size_t length = length_base[symbol - 257] + s.bits(length_bits[symbol - 257]);
        const int code = s.symbol(distances);
        if (s.broken || code >= distance_codes) return false;
        const size_t distance = distance_base[code] + s.bits(code < 2 ? 0 : code / 2 - 1);
        if (s.broken || distance > static_cast<size_t>(s.out - s.begin) || length > static_cast<size_t>(s.out_end - s.out)) return false;
        for (size_t i = 0; i < length; ++i, ++s.out) *s.out = s.out[-static_cast<ptrdiff_t>(distance)];
    }
}

bool fixed_block(state& s) {
    uint8_t lengths[literal_codes];
    for (int i = 0; i < literal_codes; ++i) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    huffman literals, distances;
    literals.build(lengths, literal_codes);
    memset(lengths, 5, distance_codes);
    distances.build(lengths, distance_codes);
    return decode(s, literals, distances);
}

bool dynamic_block(state& s) {
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    const int literal_count = static_cast<int>(s.bits(5)) + 257, distance_count = static_cast<int>(s.bits(5)) + 1;
    const int code_count = static_cast<int>(s.bits(4)) + 4;
    if (literal_count > 286 || distance_count > distance_codes) return false;
    uint8_t lengths[286 + distance_codes + 138] = {};
    for (int i = 0; i < code_count; ++i) lengths[order[i]] = static_cast<uint8_t>(s.bits(3));
    huffman codes, literals, distances;
    if (s.broken || !codes.build(lengths, 19)) return false;
    memset(lengths, 0, sizeof lengths);
    for (int i = 0; i < literal_count + distance_count;) {
        const int symbol = s.symbol(codes);
        if (s.broken) return false;
        if (symbol < 16) {
            lengths[i++] = static_cast<uint8_t>(symbol);
            continue;
        }
        if (symbol == 16 && i == 0) return false;
        const uint8_t again = symbol == 16 ? lengths[i - 1] : 0;
        const uint32_t times = symbol == 16 ? 3 + s.bits(2) : symbol == 17 ? 3 + s.bits(3) : 11 + s.bits(7);
        if (i + static_cast<int>(times) > literal_count + distance_count) return false;
        memset(lengths + i, again, times);
        i += static_cast<int>(times);
    }
    if (lengths[256] == 0 || !literals.build(lengths, literal_count)) return false;
    return distances.build(lengths + literal_count, distance_count) && decode(s, literals, distances);
}

}  // namespace

bool inflate(const uint8_t* in, size_t in_count, uint8_t* out, size_t out_count) {
    const bool header = in_count >= 2 && (in[0] & 15) == 8 && (in[0] << 8 | in[1]) % 31 == 0 && (in[1] & 32) == 0;
    if (!header) return false;
    state s = {in + 2, in + in_count, out, out, out + out_count};
    for (bool last = false; !last;) {
        last = s.bits(1) == 1;
        const uint32_t kind = s.bits(2);
        if (s.broken || kind == 3) return false;
        if (!(kind == 0 ? copy_stored(s) : kind == 1 ? fixed_block(s) : dynamic_block(s))) return false;
    }
    return s.out == s.out_end;
}

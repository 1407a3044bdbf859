// SPDX-License-Identifier: 0BSD
// JPEG: baseline and progressive, 8 bits, grey or three colours, upright as its EXIF says. Not CMYK, arithmetic codes, 12 bits.
#include "jpeg.h"

#include <string.h>

#include "picture.h"

namespace {

// Cameras and editors make about ten. A scan of a few bytes may go over every block, so that a small file could take hours.
constexpr int most_scans = 200;

int big16(const uint8_t* at) { return at[0] << 8 | at[1]; }

bool damaged(const jpeg& image, const char* what) { return complain(image.from.name, "damaged: %s", what); }

bool take_codes(jpeg& image, const uint8_t* at, size_t size) {
    while (size >= 17) {
        const int kind = at[0] >> 4, number = at[0] & 15;
        size_t total = 0;
        for (int i = 1; i <= 16; ++i) total += at[i];
        if (kind > 1 || number > 3 || total > 256 || size < 17 + total) return damaged(image, "no such table of codes");
        jpeg_codes& to = image.codes[kind][number];
        int32_t code = 0, place = 0;
        for (int length = 1; length <= 16; ++length) {
            to.first[length] = code;
            to.count[length] = at[length];
            to.place[length] = place;
            code += at[length];
            place += at[length];
            if (code > 1 << length) return damaged(image, "no such table of codes");
            code *= 2;
        }
        memcpy(to.symbols, at + 17, total);
        at += 17 + total;
        size -= 17 + total;
    }
    return size == 0 || damaged(image, "no such table of codes");
}

bool take_steps(jpeg& image, const uint8_t* at, size_t size) {
    while (size > 0) {
        const size_t wide = at[0] >> 4, number = at[0] & 15;
        if (wide > 1 || number > 3 || size < 1 + 64 * (1 + wide)) return damaged(image, "no such table of steps");
        for (int i = 0; i < 64; ++i) {
            image.steps[number][jpeg_order[i]] = static_cast<uint16_t>(wide == 1 ? big16(at + 1 + 2 * i) : at[1 + i]);
        }
        at += 1 + 64 * (1 + wide);
        size -= 1 + 64 * (1 + wide);
    }
    return true;
}

bool take_frame(jpeg& image, const uint8_t* at, size_t size, picture& to) {
    if (image.count > 0 || size < 6) return damaged(image, "no frame, or two");
    if (at[0] != 8) return complain(image.from.name, "JPEG of %d bits isn't read; of 8 bits is", at[0]);
    const int count = at[5];
    if (count != 1 && count != 3) return complain(image.from.name, "JPEG of %d colours (CMYK?) isn't read; grey and RGB are", count);
    image.height = big16(at + 1);
    image.width = big16(at + 3);
    if (size < 6 + 3 * static_cast<size_t>(count)) return damaged(image, "no frame");
    for (int i = 0; i < count; ++i) {
        jpeg_component& of = image.components[i];
        of.id = at[6 + 3 * i];
        of.h = at[7 + 3 * i] >> 4;
        of.v = at[7 + 3 * i] & 15;
        of.table = at[8 + 3 * i];
        if (of.h < 1 || of.h > 4 || of.v < 1 || of.v > 4 || of.table > 3) return damaged(image, "no frame");
        if (of.h > image.most_h) image.most_h = of.h;
        if (of.v > image.most_v) image.most_v = of.v;
    }
    // On its side it has the other size, and as much room.
    const bool side = image.orientation > 4;
    const int32_t wide = side ? image.height : image.width, high = side ? image.width : image.height;
    if (!to.resize(image.from, static_cast<uint32_t>(wide), static_cast<uint32_t>(high), count)) return false;
    for (int i = 0; i < count; ++i) {
        jpeg_component& of = image.components[i];
        if (image.most_h % of.h != 0 || image.most_v % of.v != 0) {
            return complain(image.from.name, "colours of %d x %d samples beside %d x %d aren't read", of.h, of.v, image.most_h, image.most_v);
        }
        of.width = jpeg_share(image.width, of.h, image.most_h);
        of.height = jpeg_share(image.height, of.v, image.most_v);
        of.wide = jpeg_share(image.width, 1, 8 * image.most_h) * of.h;
        of.high = jpeg_share(image.height, 1, 8 * image.most_v) * of.v;
        of.values = static_cast<int16_t*>(calloc(static_cast<size_t>(of.wide) * static_cast<size_t>(of.high), 64 * sizeof(int16_t)));
        if (of.values == nullptr) return complain(image.from.name, "out of memory");
    }
    image.count = count;
    return true;
}

bool take_scan(jpeg& image, const uint8_t* at, size_t size) {
    const int count = size > 0 ? at[0] : 0;
    if (image.count == 0 || count < 1 || count > image.count || size != 4 + 2 * static_cast<size_t>(count)) return damaged(image, "no scan");
    if (++image.scans > most_scans) return complain(image.from.name, "JPEG of more than %d scans isn't read", most_scans);
    jpeg_component* chosen[3] = {};
    for (int i = 0; i < count; ++i) {
        for (int k = 0; k < image.count; ++k) {
            if (image.components[k].id == at[1 + 2 * i]) chosen[i] = &image.components[k];
        }
        if (chosen[i] == nullptr || (i > 0 && chosen[i] <= chosen[i - 1])) return damaged(image, "no scan");
        chosen[i]->dc = at[2 + 2 * i] >> 4;
        chosen[i]->ac = at[2 + 2 * i] & 15;
        if (chosen[i]->dc > 3 || chosen[i]->ac > 3) return damaged(image, "no scan");
        if (!chosen[i]->stepped) memcpy(chosen[i]->steps, image.steps[chosen[i]->table], sizeof chosen[i]->steps);
        chosen[i]->stepped = true;
        if (chosen[i]->steps[0] == 0) return damaged(image, "no such table of steps");
    }
    const uint8_t* const part = at + 1 + 2 * count;
    const int first = part[0], last = part[1], high = part[2] >> 4, low = part[2] & 15;
    if (!image.progressive) return jpeg_scan(image, chosen, count, 0, 63, 0, 0);
    if (last > 63 || first > last || (first == 0 && last > 0) || (first > 0 && count > 1) || low > 13 || (high > 0 && high != low + 1)) {
        return damaged(image, "no scan");
    }
    return jpeg_scan(image, chosen, count, first, last, high, low);
}

// How the camera was held, 1 to 8, as a TIFF within the file says.
int orientation_of(const uint8_t* at, size_t size) {
    if (size < 14 || memcmp(at, "Exif\0\0", 6) != 0) return 1;
    at += 6;
    size -= 6;
    const bool little = at[0] == 'I';
    const uint32_t start = little ? little32(at + 4) : big32(at + 4);
    if (start > size || size - start < 2) return 1;
    const auto short_at = [&](size_t place) { return little ? static_cast<int>(little16(at + place)) : big16(at + place); };
    const int entries = short_at(start);
    for (size_t entry = start + 2, i = 0; i < static_cast<size_t>(entries) && entry + 12 <= size; ++i, entry += 12) {
        if (short_at(entry) != 0x0112) continue;
        const int found = short_at(entry + 8);
        return found >= 1 && found <= 8 ? found : 1;
    }
    return 1;
}

uint8_t limited(int32_t value) { return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value); }

// Colours from brightness and two differences, in units of 1/65536.
void mix(const uint8_t* const rows[3], size_t x, uint8_t* out) {
    const int32_t y = rows[0][x], cb = rows[1][x] - 128, cr = rows[2][x] - 128;
    out[0] = limited(y + ((91881 * cr + 32768) >> 16));
    out[1] = limited(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
    out[2] = limited(y + ((116130 * cb + 32768) >> 16));
}

bool draw(jpeg& image, picture& to) {
    for (int i = 0; i < image.count; ++i) {
        if (!image.components[i].stepped) return damaged(image, "a colour has no scan");
        if (!jpeg_samples(image.components[i])) return complain(image.from.name, "out of memory");
    }
    const size_t width = static_cast<size_t>(image.width);
    text room;
    if (!room.reserve(3 * width)) return complain(image.from.name, "out of memory");
    uint8_t* const line = reinterpret_cast<uint8_t*>(room.data);
    uint8_t* const rows[3] = {line, line + width, line + 2 * width};
    const int ids[3] = {image.components[0].id, image.components[1].id, image.components[2].id};
    const bool named = ids[0] == 'R' && ids[1] == 'G' && ids[2] == 'B';
    const bool plain = !image.jfif && (image.adobe >= 0 ? image.adobe == 0 : named);
    for (int32_t y = 0; y < image.height; ++y) {
        for (int i = 0; i < image.count; ++i) jpeg_row(image, image.components[i], y, rows[i]);
        for (int32_t x = 0; x < image.width; ++x) {
            // 2 to 4 are turned or mirrored; 5 to 8 lie on their side.
            const int turn = image.orientation;
            const int32_t across = turn == 2 || turn == 3 || turn == 7 || turn == 8 ? image.width - 1 - x : x;
            const int32_t down = turn == 3 || turn == 4 || turn == 6 || turn == 7 ? image.height - 1 - y : y;
            const uint32_t row = static_cast<uint32_t>(turn > 4 ? across : down), column = static_cast<uint32_t>(turn > 4 ? down : across);
            uint8_t* const out = to.at(row, column);
            const size_t place = static_cast<size_t>(x);
            if (image.count == 1) {
                out[0] = rows[0][place];
            } else if (plain) {
                for (int i = 0; i < 3; ++i) out[i] = rows[i][place];
            } else {
                mix(rows, place, out);
            }
        }
    }
    return true;
}

}  // namespace

bool take_jpeg(source& from, picture& to) {
    jpeg image(from);
    if (from.take() != 0xFF || from.take() != 0xD8) return complain(from.name, "not a JPEG file");
    text body;
    for (;;) {
        int marker = from.take();
        while (marker >= 0 && marker != 0xFF) marker = from.take();
        while (marker == 0xFF) marker = from.take();
        if (marker < 0) return complain(from.name, "truncated");
        if (marker == 0xD9) break;
        if (marker == 0 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) continue;
        uint8_t head[2];
        if (!from.read(head, 2)) return complain(from.name, "truncated");
        if (big16(head) < 2) return damaged(image, "a part without its size");
        const size_t size = static_cast<size_t>(big16(head)) - 2;
        body.clear();
        if (!body.reserve(size) || !from.read(body.data, size)) return complain(from.name, "truncated");
        const uint8_t* const at = reinterpret_cast<const uint8_t*>(body.data);
        bool good = true;
        if (marker == 0xC4) {
            good = take_codes(image, at, size);
        } else if (marker == 0xDB) {
            good = take_steps(image, at, size);
        } else if (marker >= 0xC0 && marker <= 0xC2) {
            image.progressive = marker == 0xC2;
            good = take_frame(image, at, size, to);
        } else if (marker > 0xC2 && marker <= 0xCF && marker != 0xCC) {
            good = complain(from.name, "this kind of JPEG (lossless or with arithmetic codes) isn't read");
        } else if (marker == 0xDD && size >= 2) {
            image.interval = static_cast<uint32_t>(big16(at));
        } else if (marker == 0xDA) {
            good = take_scan(image, at, size);
        } else if (marker == 0xE0 && size >= 5 && memcmp(at, "JFIF", 5) == 0) {
            image.jfif = true;
        } else if (marker == 0xE1 && image.count == 0 && image.orientation == 1) {
            image.orientation = orientation_of(at, size);
        } else if (marker == 0xEE && size >= 12 && memcmp(at, "Adobe", 5) == 0) {
            image.adobe = at[11];
        }
        if (!good) return false;
    }
    if (image.count == 0) return damaged(image, "no picture");
    return draw(image, to);
}

// SPDX-License-Identifier: 0BSD
// Bodies become windows or pictures, and these the lines that the command line would print.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "metrics.h"
#include "routes.h"
#include "scoring.h"
#if IMPULSE_IMAGE
#include "picture.h"
#include "pictures.h"
#else
#include "rows.h"
#endif

namespace {

// What the request so far gave; one is answered at a time.
text found;
text complaint;
int scored;

void note(const char*, const char* message) {
    if (complaint.length == 0) complaint.add(message);
}

const char body_name[] = "body";
const char line_begin[] = "{\"sample\": \"body\", ";

bool collect(const text& line, const impulse::result& result) {
    if (scored == most_windows) return false;
    if (scored++ > 0) found.add(", ");
    found.add("{");
    found.add(line.data + sizeof line_begin - 1, line.length - sizeof line_begin);  // without name and line end
    count_window(result.decision == 1);
    return true;
}

void finish(bool whole, bool single, answer& to) {
    if (complaint.length > 0) return refuse(to, 422, complaint.data);
    if (!whole) {
        char reason[100];
        snprintf(reason, sizeof reason, "more than %d windows; send fewer at once", most_windows);
        return refuse(to, 413, reason);
    }
    if (!single) to.body.add("{\"windows\": [");
    if (found.length > 0) to.body.add(found.data, found.length);
    to.body.add(single ? "\n" : "]}\n");
}

#if IMPULSE_IMAGE
constexpr int dimensions[] = {impulse::height, impulse::width, IMPULSE_CHANNELS};
constexpr int depth = IMPULSE_CHANNELS > 1 ? 3 : 2;
constexpr size_t values = static_cast<size_t>(impulse::height) * impulse::width * IMPULSE_CHANNELS;

bool run(const float* given) {
    static uint8_t pixels[values];
    for (size_t i = 0; i < values; ++i) {
        pixels[i] = given[i] >= 0.0f && given[i] <= 255.0f ? static_cast<uint8_t>(given[i]) : 0;
        if (given[i] < static_cast<float>(pixels[i]) || given[i] > static_cast<float>(pixels[i])) {
            return complain(body_name, "value %zu is %g; pixels are whole numbers from 0 to 255", i, static_cast<double>(given[i]));
        }
    }
    impulse::result result;
    const int32_t format = IMPULSE_CHANNELS == 1 ? impulse::gray8 : impulse::rgb888;
    const impulse::frame frame = {pixels, format, impulse::width, impulse::height, 0};
    const int32_t status = impulse::run_frame(&model, &frame, &result);
    return status == impulse::ok ? print_line(body_name, result, false) : complain(body_name, "%s", impulse::status_text(status));
}
#else
constexpr int dimensions[] = {impulse::window_length, impulse::axes};
constexpr int depth = 2;
constexpr size_t values = impulse::window_values;

bool run(const float* given) {
    impulse::result result;
    const int32_t status = impulse::run(&model, given, values, &result);
    return status == impulse::ok ? print_line(body_name, result, false) : complain(body_name, "%s", impulse::status_text(status));
}
#endif

const char* skip_blanks(const char* at) { return at + strspn(at, " \t\r\n"); }

bool wrong_shape() {
    if (depth == 3) {
        return complain(body_name, "a window is %d rows of %d pixels of %d numbers, or %zu numbers in one list", dimensions[0], dimensions[1],
                        dimensions[depth - 1], values);
    }
    return complain(body_name, "a window is %d rows of %d numbers, or %zu numbers in one list", dimensions[0], dimensions[1], values);
}

// Nested lists of the shape of a window from `level` on, row after row.
bool take_rows(const char*& at, int level, float*& to) {
    if (*at++ != '[') return wrong_shape();
    for (int i = 0; i < dimensions[level]; ++i) {
        at = skip_blanks(at);
        if (i > 0) {
            if (*at++ != ',') return wrong_shape();
            at = skip_blanks(at);
        }
        if (level + 1 < depth) {
            if (!take_rows(at, level + 1, to)) return false;
        } else {
            char* end = nullptr;
            if (*at == '\0' || strchr("-NI0123456789", *at) == nullptr) return wrong_shape();
            *to++ = strtof(at, &end);
            at = end;
        }
    }
    at = skip_blanks(at);
    return *at++ == ']' || wrong_shape();
}

// A window of JSON that is known to be well formed: rows, or all numbers in one list.
bool run_window(const char* list) {
    static float given[values];
    float* to = given;
    if (*list != '[') return wrong_shape();
    if (*skip_blanks(list + 1) == '[') return take_rows(list, 0, to) && run(given);
    size_t count = 0;
    return (take_numbers(list, given, values, count) && count == values) ? run(given) : wrong_shape();
}

void score_json(const char* body, size_t length, answer& to) {
    const char* const end = skip_value(body);
    if (strlen(body) != length || end == nullptr || *skip_blanks(end) != 0 || *skip_blanks(body) != '{') {
        return refuse(to, 400, "the body isn't a JSON object");
    }
    const char* const window = member(body, "window");
    const char* const windows = member(body, "windows");
    if ((window == nullptr) == (windows == nullptr)) return refuse(to, 422, "the object needs window, a window, or windows, a list of these");
    if (window != nullptr) return finish(run_window(window), true, to);
    if (*windows != '[') return refuse(to, 422, "windows is a list");
    bool whole = true;
    const char* at = skip_blanks(windows + 1);
    while (whole && *at != ']') {
        whole = run_window(at);
        at = skip_blanks(skip_value(at));
        if (*at == ',') at = skip_blanks(at + 1);
    }
    finish(whole, false, to);
}

#if IMPULSE_IMAGE
// A number of the query; `otherwise` where it isn't given, -1 where it is no size.
int asked_size(const words& query, const char* name, int otherwise) {
    const size_t length = strlen(name);
    for (const char *at = query.at, *end = query.at + query.length; at < end;) {
        const char* next = static_cast<const char*>(memchr(at, '&', static_cast<size_t>(end - at)));
        if (next == nullptr) next = end;
        if (static_cast<size_t>(next - at) > length && strncmp(at, name, length) == 0 && at[length] == '=') {
            const size_t digits = strspn(at + length + 1, "0123456789");
            const bool plain = at + length + 1 + digits == next && digits > 0 && digits < 6;
            return plain ? atoi(at + length + 1) : -1;
        }
        at = next + 1;
    }
    return otherwise;
}

void score_raw(const request& asked, const char* body, answer& to) {
    const int width = asked_size(asked.query, "width", impulse::width);
    const int height = asked_size(asked.query, "height", impulse::height);
    if (width < 1 || height < 1 || width > static_cast<int>(largest_side) || height > static_cast<int>(largest_side)) {
        return refuse(to, 422, "width and height of the query are whole numbers from 1 to 32767");
    }
    const uint64_t pixels = static_cast<uint64_t>(width) * static_cast<uint64_t>(height);
    const bool grey = asked.body_length == pixels;
    if (!grey && asked.body_length != 3 * pixels) {
        char reason[200];
        snprintf(reason, sizeof reason, "%llu bytes; %d x %d pixels are %llu in grey and %llu in red, green and blue",
                 static_cast<unsigned long long>(asked.body_length), width, height, static_cast<unsigned long long>(pixels),
                 static_cast<unsigned long long>(3 * pixels));
        return refuse(to, 422, reason);
    }
    const impulse::frame frame = {reinterpret_cast<const uint8_t*>(body), grey ? impulse::gray8 : impulse::rgb888, width, height, 0};
    impulse::result result;
    const int32_t status = impulse::run_frame(&model, &frame, &result);
    if (status != impulse::ok) complain(body_name, "%s", impulse::status_text(status));
    finish(status == impulse::ok && print_line(body_name, result, false), true, to);
}

bool score_file(source& from) {
    most_pixels = most_pixels_served;
    return score_pictures(from);
}
#else
void score_raw(const request& asked, const char* body, answer& to) {
    static float given[values];
    if (asked.body_length == 0 || asked.body_length % sizeof given != 0) {
        char reason[120];
        snprintf(reason, sizeof reason, "%llu bytes; a window is %zu float32 values, little-endian: %zu bytes",
                 static_cast<unsigned long long>(asked.body_length), values, sizeof given);
        return refuse(to, 422, reason);
    }
    bool whole = true;
    for (uint64_t at = 0; whole && at < asked.body_length; at += sizeof given) {
        memcpy(given, body + at, sizeof given);  // both processors are little-endian
        whole = run(given);
    }
    finish(whole, false, to);
}

bool score_file(source& from) {
    begin_recording();
    const bool whole = from.peek() == 'R' ? score_wav(from) : score_csv(from);
    return whole && end_recording(body_name);
}
#endif

bool is_file(const words& type) {
#if IMPULSE_IMAGE
    return type.is("image/png") || type.is("image/jpeg") || type.is("image/bmp") || type.is("image/x-ms-bmp") || type.is("image/x-portable-anymap") ||
           type.is("image/x-portable-pixmap") || type.is("image/x-portable-graymap");
#else
    return type.is("text/csv") || type.is("text/tab-separated-values") || type.is("audio/wav") || type.is("audio/wave") ||
           type.is("audio/x-wav") || type.is("audio/vnd.wave");
#endif
}

}  // namespace

void classify(const request& asked, const char* body, answer& to) {
    const size_t length = static_cast<size_t>(asked.body_length);
    hear = note;
    deliver = collect;
    found.clear();
    complaint.clear();
    scored = 0;
    if (asked.encoded) {
        refuse(to, 415, "compressed bodies aren't read");
    } else if (length == 0) {
        refuse(to, 422, "the body is empty");
    } else if (asked.type.is("application/json")) {
        score_json(body, length, to);
    } else if (asked.type.is("application/octet-stream")) {
        score_raw(asked, body, to);
    } else if (is_file(asked.type)) {
        source from = {fmemopen(const_cast<char*>(body), length, "rb"), body_name};
        if (from.file == nullptr) return refuse(to, 429, "out of memory");
        const bool whole = score_file(from);
        fclose(from.file);
#if IMPULSE_IMAGE
        finish(whole, scored == 1, to);
#else
        finish(whole, false, to);
#endif
    } else {
        refuse(to, 415, IMPULSE_IMAGE ? "Content-Type is to be application/json, image/png, image/jpeg, image/bmp, image/x-portable-anymap or application/octet-stream"
                                      : "Content-Type is to be application/json, text/csv, audio/wav or application/octet-stream");
    }
    if (found.room > 1 << 20) found.release();
}

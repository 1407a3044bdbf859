// SPDX-License-Identifier: 0BSD
#include "http.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

namespace {

bool is_token(const words& name) {
    for (size_t i = 0; i < name.length; ++i) {
        const unsigned char letter = static_cast<unsigned char>(name.at[i]);
        if (!isalnum(letter) && strchr("!#$%&'*+-.^_`|~", letter) == nullptr) return false;
    }
    return name.length > 0;
}

words trimmed(const char* at, const char* end) {
    while (at < end && (*at == ' ' || *at == '\t')) ++at;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t')) --end;
    return {at, static_cast<size_t>(end - at)};
}

// One of the words between commas.
bool lists(const words& value, const char* word) {
    const char* const end = value.at + value.length;
    for (const char* at = value.at; at < end;) {
        const char* comma = static_cast<const char*>(memchr(at, ',', static_cast<size_t>(end - at)));
        if (comma == nullptr) comma = end;
        if (trimmed(at, comma).is(word)) return true;
        at = comma + 1;
    }
    return false;
}

bool take_length(const words& value, uint64_t& length) {
    length = 0;
    for (size_t i = 0; i < value.length; ++i) {
        if (value.at[i] < '0' || value.at[i] > '9') return false;
        length = 10 * length + static_cast<uint64_t>(value.at[i] - '0');
    }
    return value.length > 0 && value.length < 16;
}

int wrong(const char*& reason, int code, const char* what) {
    reason = what;
    return code;
}

// What the lines of one head say of the connection.
struct seen {
    int hosts = 0, lengths = 0;
    bool chunked = false, close = false, keep = false;
};

int read_field(const words& name, const words& value, request& to, seen& found, const char*& reason) {
    if (name.is("host")) ++found.hosts;
    if (name.is("transfer-encoding")) found.chunked = true;
    if (name.is("content-encoding") && !value.is("identity")) to.encoded = true;
    if (name.is("expect")) {
        if (!value.is("100-continue")) return wrong(reason, 417, "of Expect, 100-continue alone is understood");
        to.expects = true;
    }
    if (name.is("connection")) {
        found.close |= lists(value, "close");
        found.keep |= lists(value, "keep-alive");
    }
    if (name.is("content-type")) {
        const char* const rest = static_cast<const char*>(memchr(value.at, ';', value.length));
        to.type = trimmed(value.at, rest == nullptr ? value.at + value.length : rest);
    }
    if (name.is("content-length")) {
        ++found.lengths;
        if (!take_length(value, to.body_length)) return wrong(reason, 400, "Content-Length isn't a number");
    }
    return 0;
}

// METHOD SP TARGET SP HTTP/1.x; `end` is behind it.
int read_first_line(const char* at, const char* end, request& to, bool& old, const char*& reason) {
    const char* const space = static_cast<const char*>(memchr(at, ' ', static_cast<size_t>(end - at)));
    if (space == nullptr) return wrong(reason, 400, "the first line isn't METHOD PATH HTTP/1.1");
    to.method = {at, static_cast<size_t>(space - at)};
    const char* const target = space + 1;
    const char* const second = static_cast<const char*>(memchr(target, ' ', static_cast<size_t>(end - target)));
    if (second == nullptr || !is_token(to.method)) return wrong(reason, 400, "the first line isn't METHOD PATH HTTP/1.1");
    const words version = {second + 1, static_cast<size_t>(end - second - 1)};
    old = version.length == 8 && memcmp(version.at, "HTTP/1.0", 8) == 0;
    if (!old && (version.length != 8 || memcmp(version.at, "HTTP/1.1", 8) != 0)) {
        return wrong(reason, 400, "HTTP/1.1 and HTTP/1.0 are served");
    }
    if (*target != '/') return wrong(reason, 400, "what is asked for isn't a path");
    const char* const question = static_cast<const char*>(memchr(target, '?', static_cast<size_t>(second - target)));
    to.path = {target, static_cast<size_t>((question == nullptr ? second : question) - target)};
    if (question != nullptr) to.query = {question + 1, static_cast<size_t>(second - question - 1)};
    return 0;
}

const char* phrase(int code) {
    switch (code) {
        case 200: return "OK";
        case 400: return "Bad Request";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 411: return "Length Required";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        default: return "Service Unavailable";
    }
}

}  // namespace

bool words::is(const char* other) const { return strlen(other) == length && strncasecmp(at, other, length) == 0; }

long find_head(const char* data, size_t length, size_t& scanned) {
    for (; scanned < length; ++scanned) {
        const unsigned char letter = static_cast<unsigned char>(data[scanned]);
        const bool returned = scanned > 0 && data[scanned - 1] == '\r';
        if (returned != (letter == '\n')) return -1;  // lines end by both, and nothing else does
        if (letter < 32 && letter != '\r' && letter != '\n' && letter != '\t') return -1;
        if (letter == '\n' && scanned >= 3 && data[scanned - 2] == '\n') return static_cast<long>(scanned) + 1;
    }
    return 0;
}

int read_head(const char* head, size_t length, request& to, const char*& reason) {
    const char* const end = head + length - 2;  // the empty line
    const char* line_end = static_cast<const char*>(memchr(head, '\r', length));
    seen found;
    bool old = false;
    to = request();
    to.head_length = length;
    int code = read_first_line(head, line_end, to, old, reason);
    for (const char* at = line_end + 2; code == 0 && at < end; at = line_end + 2) {
        line_end = static_cast<const char*>(memchr(at, '\r', static_cast<size_t>(end - at)));
        const char* const colon = static_cast<const char*>(memchr(at, ':', static_cast<size_t>(line_end - at)));
        const words name = {at, colon == nullptr ? 0 : static_cast<size_t>(colon - at)};
        if (!is_token(name)) return wrong(reason, 400, "a header line isn't NAME: VALUE");
        code = read_field(name, trimmed(colon + 1, line_end), to, found, reason);
    }
    if (code != 0) return code;
    if (found.hosts > 1 || (found.hosts == 0 && !old)) return wrong(reason, 400, "one Host header is needed");
    if (found.lengths > 1) return wrong(reason, 400, "Content-Length is given twice");
    if (found.chunked && found.lengths > 0) return wrong(reason, 400, "Content-Length and Transfer-Encoding don't go together");
    if (found.chunked) return wrong(reason, 411, "bodies in chunks aren't read: send Content-Length");
    if (found.lengths == 0 && to.method.is("POST")) return wrong(reason, 411, "Content-Length is needed");
    to.keep = old ? found.keep && !found.close : !found.close;
    return 0;
}

void refuse(answer& to, int code, const char* reason) {
    text plain;  // what a client sent may be no UTF-8
    for (const char* at = reason; *at != 0; ++at) plain.add(static_cast<unsigned char>(*at) < 128 ? at : "?", 1);
    to.code = code;
    to.type = "application/json";
    to.body.clear();
    to.body.add("{\"error\": ");
    to.body.add_string(plain.data == nullptr ? "" : plain.data);
    to.body.add("}\n");
}

void add_answer(text& out, const answer& from, bool with_body, bool keep) {
    out.addf("HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\nConnection: %s\r\n", from.code,
             phrase(from.code), from.type, from.body.length, keep ? "keep-alive" : "close");
    if (from.allow != nullptr) out.addf("Allow: %s\r\n", from.allow);
    if (from.code == 429 || from.code == 503) out.add("Retry-After: 1\r\n");
    out.add("\r\n");
    if (with_body && from.body.length > 0) out.add(from.body.data, from.body.length);
}

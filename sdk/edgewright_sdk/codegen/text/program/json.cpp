// SPDX-License-Identifier: 0BSD
#include "json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

namespace {

constexpr int deepest = 32;

const char* blanks(const char* at) { return at + strspn(at, " \t\r\n"); }

const char* digits(const char* at) {
    const char* end = at;
    while (isdigit(static_cast<unsigned char>(*end))) ++end;
    return end == at ? nullptr : end;
}

const char* skip_number(const char* at) {
    if (*at == '-') ++at;
    at = digits(at);
    if (at != nullptr && *at == '.') at = digits(at + 1);
    if (at != nullptr && (*at == 'e' || *at == 'E')) {
        ++at;
        at = digits(at + (*at == '+' || *at == '-'));
    }
    return at;
}

const char* skip_string(const char* at) {
    if (*at++ != '"') return nullptr;
    for (; *at != '"'; ++at) {
        if (static_cast<unsigned char>(*at) < 32) return nullptr;
        if (*at == '\\' && *++at == 0) return nullptr;
    }
    return at + 1;
}

const char* skip(const char* at, int depth);

// Values, or members, up to the closing bracket.
const char* skip_list(const char* at, char close, int depth) {
    at = blanks(at + 1);
    if (*at == close) return at + 1;
    for (;;) {
        if (close == '}') {
            at = skip_string(blanks(at));
            if (at == nullptr || *(at = blanks(at)) != ':') return nullptr;
            ++at;
        }
        at = skip(at, depth + 1);
        if (at == nullptr) return nullptr;
        at = blanks(at);
        if (*at == close) return at + 1;
        if (*at != ',') return nullptr;
        ++at;
    }
}

const char* skip(const char* at, int depth) {
    if (depth > deepest) return nullptr;
    at = blanks(at);
    // NaN and infinities aren't JSON, but Python's json writes them: they are refused as values, by the message's id.
    static const char* const words[] = {"true", "false", "null", "NaN", "Infinity", "-Infinity"};
    for (const char* word : words) {
        if (strncmp(at, word, strlen(word)) == 0) return at + strlen(word);
    }
    if (*at == '{') return skip_list(at, '}', depth);
    if (*at == '[') return skip_list(at, ']', depth);
    return *at == '"' ? skip_string(at) : skip_number(at);
}

}  // namespace

int object_end::feed(char letter) {
    if (in_string) {
        if (!escaped && letter == '"') in_string = false;
        escaped = !escaped && letter == '\\';
        return 0;
    }
    if (letter == '{') {
        ++depth;
        return 0;
    }
    // Between objects clients may send line ends and zero bytes.
    if (depth == 0) return letter == 0 || isspace(static_cast<unsigned char>(letter)) ? 0 : -1;
    if (letter == '"') in_string = true;
    if (letter == '}') --depth;
    return depth == 0 ? 1 : 0;
}

const char* skip_value(const char* at) { return skip(at, 0); }

const char* member(const char* object, const char* key) {
    const char* at = blanks(object);
    if (*at != '{') return nullptr;
    at = blanks(at + 1);
    while (*at == '"') {
        const char* const end = skip_string(at);
        const char* const value = blanks(blanks(end) + 1);
        const size_t length = static_cast<size_t>(end - at) - 2;
        if (strlen(key) == length && strncmp(at + 1, key, length) == 0) return value;
        at = blanks(skip_value(value));
        if (*at == ',') at = blanks(at + 1);
    }
    return nullptr;
}

bool take_numbers(const char* list, float* to, size_t room, size_t& count) {
    count = 0;
    if (*list != '[') return false;
    const char* at = blanks(list + 1);
    while (*at != ']') {
        char* end = nullptr;
        if (strchr("-NI0123456789", *at) == nullptr) return false;
        const float value = strtof(at, &end);
        if (end == at) return false;
        if (count < room) to[count] = value;
        ++count;
        at = blanks(end);
        if (*at == ',') at = blanks(at + 1);
    }
    return true;
}

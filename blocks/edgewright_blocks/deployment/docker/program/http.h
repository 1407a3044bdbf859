// SPDX-License-Identifier: 0BSD
// The letters of HTTP/1.1: the head of a request, and that of an answer.
#pragma once
#include <stdint.h>

#include "text.h"

constexpr size_t longest_head = 16 << 10;

struct words {
    const char* at = "";
    size_t length = 0;

    // Without regard to the case, as names and media types are compared.
    bool is(const char* other) const;
};

struct request {
    words method, path, query;
    words type;  // of the body, without its parameters
    size_t head_length = 0;
    uint64_t body_length = 0;
    bool encoded = false;  // compressed, for instance
    bool expects = false;  // waits for "100 Continue"
    bool keep = true;      // the connection is to stay open
};

struct answer {
    int code = 200;
    const char* type = "application/json";
    const char* allow = nullptr;  // methods, where another one was used
    text body;
};

// The length of a head with its empty line, 0 when there is more to come, -1 when it isn't one. `scanned` bytes are known.
long find_head(const char* data, size_t length, size_t& scanned);
// 0, or the code of a refusal with its reason. The request points into the head.
int read_head(const char* head, size_t length, request& to, const char*& reason);

// {"error": reason}
void refuse(answer& to, int code, const char* reason);
void add_answer(text& out, const answer& from, bool with_body, bool keep);

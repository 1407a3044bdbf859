// SPDX-License-Identifier: 0BSD
#pragma once
#include "http.h"

// Bodies and windows that one request may hold, and pixels of a picture.
extern size_t longest_body;
constexpr int most_windows = 1000;
constexpr uint64_t most_pixels_served = 1 << 24;

// Answer a request; `body` has a zero byte behind it. `ready` is false while the server ends.
void respond(const request& asked, const char* body, bool ready, answer& to);

// What the body of a request is scored to.
void classify(const request& asked, const char* body, answer& to);

// SPDX-License-Identifier: 0BSD
#pragma once
#include "text.h"

// Answer one message of the Linux runner protocol: a JSON object each.
void answer_message(const char* message, text& answer);
void answer_error(const char* id, size_t id_length, const char* reason, text& answer);

// SPDX-License-Identifier: 0BSD
// Just enough JSON for messages: where one ends in a stream of bytes, its members, lists of numbers.
#pragma once
#include <stddef.h>

// Finds the end of an object in bytes that come in any pieces.
struct object_end {
    int depth = 0;
    bool in_string = false;
    bool escaped = false;

    // 1: this byte ends the object; 0: more is needed; -1: this byte can't be outside of an object.
    int feed(char letter);
};

// Behind the value that begins here; null when it isn't JSON. Text ends by a zero byte.
const char* skip_value(const char* at);
// The value of an object's member; null when there is none. The object is known to be JSON.
const char* member(const char* object, const char* key);
// A list of numbers: how many, of which the first `room` are stored; false when it is something else.
bool take_numbers(const char* list, float* to, size_t room, size_t& count);

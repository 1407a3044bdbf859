// SPDX-License-Identifier: 0BSD
#pragma once
#include <stddef.h>
#include <stdint.h>

// Decompress a zlib stream (RFC 1950, 1951) of exactly `out_count` bytes; false when it isn't one.
bool inflate(const uint8_t* in, size_t in_count, uint8_t* out, size_t out_count);

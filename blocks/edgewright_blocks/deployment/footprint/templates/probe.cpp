// SPDX-License-Identifier: 0BSD
// The library's own source, and a way to run its first nodes alone.
#include "../src/@n@.cpp"

extern "C" int32_t ew_probe(const @n@_model* model, const @ctype@* window, int32_t last) {
    return run_nodes(model, window, nullptr, nullptr, last);
}

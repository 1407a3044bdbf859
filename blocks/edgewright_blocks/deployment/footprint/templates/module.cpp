// SPDX-License-Identifier: 0BSD
// What wasmtime calls to count: the nodes up to a number over a window, a whole window, a stream's next one.
#include "../src/@n@.h"
#include "windows.h"

extern "C" int32_t ew_probe(const @n@_model* model, const @ctype@* window, int32_t last);

namespace {

alignas(16) unsigned char arena[@N@_ARENA_BYTES];
@n@_model model;
@n@_result result;
@stream@

}  // namespace

extern "C" {
void ew_begin(void) {
    @n@_init(&model, arena, sizeof arena);
@begin@
}
void ew_nodes(int32_t window, int32_t last) { ew_probe(&model, windows + window * @N@_WINDOW_VALUES, last); }
void ew_whole(int32_t window) { @n@_run(&model, windows + window * @N@_WINDOW_VALUES, @N@_WINDOW_VALUES, &result); }
void ew_next(void) { @next@ }
}

// SPDX-License-Identifier: 0BSD
// Counts the instructions of every node, of a whole window and of a stream's next one. Lines: `w LAST COUNT` are the nodes up to
// number LAST over a window, the last of them with the decision; `s 0 COUNT` a stream's window; `k 0 BYTES` the deepest stack.
#include "../src/@n@.h"
#include "windows.h"
#include "@platform@.h"

extern "C" int32_t ew_probe(const @n@_model* model, const @ctype@* window, int32_t last);

namespace {

alignas(16) unsigned char arena[@N@_ARENA_BYTES];
@n@_model model;
@n@_result result;
@stream@

void count_all() {
    @n@_init(&model, arena, sizeof arena);
    for (int32_t w = 0; w < window_count; ++w) {
        const @ctype@* const window = windows + w * @N@_WINDOW_VALUES;
        for (int32_t last = 0; last + 1 < @nodes@; ++last) {
            count('w', last, [=] { ew_probe(&model, window, last); });
        }
        count('w', @nodes@ - 1, [=] { @n@_run(&model, window, @N@_WINDOW_VALUES, &result); });
    }
    deepest([] { @n@_run(&model, windows, @N@_WINDOW_VALUES, &result); });
@streamed@
}

}  // namespace

@main@

// SPDX-License-Identifier: 0BSD
// The least that an application does: its size is that of the library.
#include "../src/@n@.h"

extern "C" {
alignas(16) unsigned char ew_arena_memory[@N@_ARENA_BYTES];
@n@_model ew_model;
@stream@
volatile float ew_score;

void ew_application(void) {
    @n@_result result;
    @n@_init(&ew_model, ew_arena_memory, sizeof ew_arena_memory);
@work@
}

#ifdef EW_BARE
__attribute__((used)) void begin(void) {
    for (;;) ew_application();
}
#else
int main(void) {
    ew_application();
    return 0;
}
#endif
}

// SPDX-License-Identifier: 0BSD
// Reads one image of raw bytes from standard input and prints what the impulse says.
#include <stdio.h>

#include "@name@.h"

static unsigned char memory[@NAME@_ARENA_BYTES];
static uint8_t image[@NAME@_WINDOW_VALUES];

int main() {
    @name@_model model;
    @name@_result result;
    if (@name@_init(&model, memory, sizeof memory) != @NAME@_OK) return 1;
    if (fread(image, 1, sizeof image, stdin) != sizeof image) return 1;
    const int32_t status = @name@_run(&model, image, sizeof image, &result);
    if (status != @NAME@_OK) {
        printf("%s\n", @name@_status_text(status));
        return 1;
    }
    for (int32_t i = 0; i < result.output_count; ++i) {
        printf("%s score %g decision %d\n", @name@_output_name(i), static_cast<double>(result.outputs[i].score),
               static_cast<int>(result.outputs[i].decision));
    }
    return 0;
}

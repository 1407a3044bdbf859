// SPDX-License-Identifier: 0BSD
// Reads one image of raw RGB bytes from standard input and prints what the impulse says: example WIDTH HEIGHT < pixels
#include <stdio.h>
#include <stdlib.h>

#include "@name@.h"

static unsigned char memory[@NAME@_ARENA_BYTES];
static uint8_t pixels[3 * 1920 * 1080];

int main(int count, char** words) {
    @name@_model model;
    @name@_result result;
    @name@_frame frame = {pixels, @NAME@_RGB888, @NAME@_WIDTH, @NAME@_HEIGHT, 0};
    if (count == 3) {
        frame.width = atoi(words[1]);
        frame.height = atoi(words[2]);
    }
    const size_t bytes = static_cast<size_t>(3) * static_cast<size_t>(frame.width) * static_cast<size_t>(frame.height);
    if (frame.width < 1 || frame.height < 1 || bytes > sizeof pixels || fread(pixels, 1, bytes, stdin) != bytes) return 1;
    if (@name@_init(&model, memory, sizeof memory) != @NAME@_OK) return 1;
    const int32_t status = @name@_run_frame(&model, &frame, &result);
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

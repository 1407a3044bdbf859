// SPDX-License-Identifier: 0BSD
// Takes frames of raw pixels from the serial port, row by row, and prints what the impulse says of each: give it the
// frames of your camera instead. A frame of another size or format is resized as in training.
#include <@name@.h>

#define FRAME_WIDTH @NAME@_WIDTH
#define FRAME_HEIGHT @NAME@_HEIGHT
#if @NAME@_CHANNELS == 1
#define FRAME_FORMAT @NAME@_GRAY8
#define PIXEL_BYTES 1
#else
#define FRAME_FORMAT @NAME@_RGB888
#define PIXEL_BYTES 3
#endif

static unsigned char memory[@NAME@_ARENA_BYTES];
static uint8_t pixels[(size_t)PIXEL_BYTES * FRAME_WIDTH * FRAME_HEIGHT];
static @name@_model model;
static size_t taken;

static void print_result(const @name@_result *result) {
    Serial.print(@name@_label(result));
    for (int32_t i = 0; i < result->output_count; ++i) {
        Serial.print(' ');
        Serial.print(@name@_output_name(i));
        Serial.print(' ');
        Serial.print(result->outputs[i].score, 4);
    }
    Serial.println();
}

void setup() {
    Serial.begin(115200);
    @name@_init(&model, memory, sizeof memory);
}

void loop() {
    while (Serial.available() > 0 && taken < sizeof pixels) pixels[taken++] = (uint8_t)Serial.read();
    if (taken < sizeof pixels) return;
    taken = 0;
    const @name@_frame frame = {pixels, FRAME_FORMAT, FRAME_WIDTH, FRAME_HEIGHT, 0};
    @name@_result result;
    const int32_t status = @name@_run_frame(&model, &frame, &result);
    if (status == @NAME@_OK) {
        print_result(&result);
    } else {
        Serial.println(@name@_status_text(status));
    }
}

// SPDX-License-Identifier: 0BSD
// Takes rows of @NAME@_AXES numbers from the serial port, a line each, and prints what the impulse says of each window:
// replay a recording to compare the board with the computer.
#include <stdlib.h>
#include <@name@.h>

static unsigned char memory[@NAME@_ARENA_BYTES];
static @name@_model model;
static @name@_stream stream;
static char line[32 * @NAME@_AXES];
static size_t length;

// False unless the line is exactly one number for each axis, with commas, semicolons or blanks between.
static bool parse(char *text, float row[@NAME@_AXES]) {
    for (int axis = 0; axis < @NAME@_AXES; ++axis) {
        char *end = text;
        row[axis] = (float)strtod(text, &end);
        if (end == text) return false;
        while (*end == ',' || *end == ';' || *end == ' ' || *end == '\r') ++end;
        text = end;
    }
    return *text == 0;
}

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

static void take_line() {
    float row[@NAME@_AXES];
    if (!parse(line, row)) {
        Serial.println("not a row of numbers");
        return;
    }
    size_t used = 0;
    @name@_result result;
    const int32_t status = @name@_stream_push(&stream, row, 1, &used, &result);
    if (status == @NAME@_OK) {
        print_result(&result);
    } else if (status != @NAME@_MORE) {
        Serial.println(@name@_status_text(status));
    }
}

void setup() {
    Serial.begin(115200);
    @name@_init(&model, memory, sizeof memory);
    @name@_stream_init(&stream, &model);
}

void loop() {
    while (Serial.available() > 0) {
        const char letter = (char)Serial.read();
        if (letter != '\n') {
            if (length < sizeof line - 1) line[length++] = letter;
            continue;
        }
        line[length] = 0;
        if (length > 0) take_line();
        length = 0;
    }
}

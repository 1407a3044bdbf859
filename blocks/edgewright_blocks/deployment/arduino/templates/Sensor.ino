// SPDX-License-Identifier: 0BSD
// Reads a sensor at the impulse's rate and prints what it says of each window.
#include <@name@.h>

static unsigned char memory[@NAME@_ARENA_BYTES];
static @name@_model model;
static @name@_stream stream;
static unsigned long due;  // microseconds

#ifdef @NAME@_FREQUENCY
static const unsigned long period = (unsigned long)(1000000.0f / @NAME@_FREQUENCY);
#else
static const unsigned long period = 10000;  // the impulse's data have no rate
#endif

// One value for each axis, in the unit of the training data: put your sensor here.
static void read_sensor(float row[@NAME@_AXES]) {
    for (int axis = 0; axis < @NAME@_AXES; ++axis) row[axis] = (float)analogRead(A0 + axis);
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

void setup() {
    Serial.begin(115200);
    @name@_init(&model, memory, sizeof memory);
    @name@_stream_init(&stream, &model);
    due = micros();
}

void loop() {
    if (micros() - due < period) return;
    due += period;
    float row[@NAME@_AXES];
    read_sensor(row);
    size_t used = 0;
    @name@_result result;
    const int32_t status = @name@_stream_push(&stream, row, 1, &used, &result);
    if (status == @NAME@_OK) {
        print_result(&result);
    } else if (status != @NAME@_MORE) {
        Serial.println(@name@_status_text(status));
    }
}

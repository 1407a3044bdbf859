// SPDX-License-Identifier: 0BSD
// The module's own memory: one model, one stream, one result, and buffers for the caller to write into.
#include "@name@.h"

static unsigned char arena[@NAME@_ARENA_BYTES];
static @name@_model model;
static @name@_result result;
static @ctype@ window[@NAME@_WINDOW_VALUES];
static float features[@most_features@];
static size_t used;

// The wrapper reads results by these offsets.
static_assert(sizeof(@name@_output) == 80 && offsetof(@name@_result, outputs) == 28, "layout of a result");
static_assert(offsetof(@name@_result, start) == 16 && offsetof(@name@_output, contributions) == 28 &&
                  offsetof(@name@_output, class_count) == 52 && offsetof(@name@_output, map_height) == 60 &&
                  offsetof(@name@_output, drift) == 72,
              "layout of an output");

extern "C" {
@name@_model* @name@_wasm_model(void) { return &model; }
@name@_result* @name@_wasm_result(void) { return &result; }
// How far outputs lie apart; it was 72 before modules told it.
int32_t @name@_wasm_output_bytes(void) { return static_cast<int32_t>(sizeof(@name@_output)); }
@ctype@* @name@_wasm_window(void) { return window; }
float* @name@_wasm_features(void) { return features; }
size_t* @name@_wasm_used(void) { return &used; }
#if @stream@
static @name@_stream stream;
@name@_stream* @name@_wasm_stream(void) { return &stream; }
#else
// Pixels that the caller has put behind the memory that the module began with.
int32_t @name@_wasm_run_frame(const uint8_t* data, int32_t format, int32_t width, int32_t height) {
    const @name@_frame frame = {data, format, width, height, 0};
    return @name@_run_frame(&model, &frame, &result);
}
int32_t @name@_wasm_frame_window(const uint8_t* data, int32_t format, int32_t width, int32_t height) {
    const @name@_frame frame = {data, format, width, height, 0};
    return @name@_frame_window(&model, &frame, window, @NAME@_WINDOW_VALUES);
}
#endif

#if @calibration_windows@
static @name@_commissioning work;
static @name@_calibration calibration;
@name@_commissioning* @name@_wasm_work(void) { return &work; }
@name@_calibration* @name@_wasm_calibration(void) { return &calibration; }
int32_t @name@_wasm_calibration_bytes(void) { return static_cast<int32_t>(sizeof calibration); }

static_assert(offsetof(@name@_commissioning, constant_output) == sizeof calibration + 4, "layout of commissioning");
#endif

// Call it once, before anything else.
int32_t @name@_wasm_start(void) {
    const int32_t status = @name@_init(&model, arena, sizeof arena);
#if @stream@
    if (status == @NAME@_OK) return @name@_stream_init(&stream, &model);
#endif
    return status;
}
}

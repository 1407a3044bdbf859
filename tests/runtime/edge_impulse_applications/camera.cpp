// A camera's snapshot, made smaller in place, and read pixel by pixel.
#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
#include "edge-impulse-sdk/dsp/image/image.hpp"

#define RAW_COLS 12
#define RAW_ROWS 4

static uint8_t snapshot_buf[RAW_COLS * RAW_ROWS * 3];

static int ei_camera_get_data(size_t offset, size_t length, float *out_ptr) {
    size_t pixel_ix = offset * 3;
    size_t pixels_left = length;
    size_t out_ptr_ix = 0;
    while (pixels_left != 0) {
        out_ptr[out_ptr_ix] =
            (snapshot_buf[pixel_ix] << 16) + (snapshot_buf[pixel_ix + 1] << 8) + snapshot_buf[pixel_ix + 2];
        out_ptr_ix++;
        pixel_ix += 3;
        pixels_left--;
    }
    return 0;
}

int main() {
    static_assert(EI_CLASSIFIER_SENSOR == EI_CLASSIFIER_SENSOR_CAMERA, "a camera's model");
    static_assert(EI_CLASSIFIER_RESIZE_MODE == EI_CLASSIFIER_RESIZE_SQUASH, "as the impulse says");
    if (fread(snapshot_buf, 1, sizeof snapshot_buf, stdin) != sizeof snapshot_buf) return 2;
    if (EI_CLASSIFIER_INPUT_WIDTH != RAW_COLS || EI_CLASSIFIER_INPUT_HEIGHT != RAW_ROWS) {
        ei::image::processing::crop_and_interpolate_rgb888(snapshot_buf, RAW_COLS, RAW_ROWS, snapshot_buf,
                                                           EI_CLASSIFIER_INPUT_WIDTH, EI_CLASSIFIER_INPUT_HEIGHT);
    }
    ei::signal_t signal;
    signal.total_length = EI_CLASSIFIER_INPUT_WIDTH * EI_CLASSIFIER_INPUT_HEIGHT;
    signal.get_data = &ei_camera_get_data;
    ei_impulse_result_t result = {0};
    const EI_IMPULSE_ERROR err = run_classifier(&signal, &result, false);
    if (err != EI_IMPULSE_OK) return 1;
#if EI_CLASSIFIER_HAS_VISUAL_ANOMALY == 1
    for (uint32_t i = 0; i < result.visual_ad_count; i++) {
        ei_impulse_result_bounding_box_t bb = result.visual_ad_grid_cells[i];
        if (bb.value == 0) continue;
        ei_printf("%s %f %u %u %u %u\n", bb.label, bb.value, bb.x, bb.y, bb.width, bb.height);
    }
    ei_printf("mean %.9g max %.9g score %.9g\n", result.visual_ad_result.mean_value, result.visual_ad_result.max_value,
              result.anomaly);
#endif
    return 0;
}

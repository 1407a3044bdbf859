/* A sketch as people have them: features pasted into an array, classified again and again. */
#include <pump-monitor_inferencing.h>

static const float features[] = {
#include "features.inc"
};

int raw_feature_get_data(size_t offset, size_t length, float *out_ptr) {
    memcpy(out_ptr, features + offset, length * sizeof(float));
    return 0;
}

void print_inference_result(ei_impulse_result_t result);

void setup() {
    Serial.begin(115200);
    while (!Serial);
    Serial.println("Inferencing demo");
}

void loop() {
    if (sizeof(features) / sizeof(float) != EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE) {
        ei_printf("Expected %d items, but have %d\n", EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE,
                  (int)(sizeof(features) / sizeof(float)));
        delay(1000);
        return;
    }
    ei_impulse_result_t result = { 0 };
    signal_t features_signal;
    features_signal.total_length = sizeof(features) / sizeof(features[0]);
    features_signal.get_data = &raw_feature_get_data;

    EI_IMPULSE_ERROR res = run_classifier(&features_signal, &result, false /* debug */);
    if (res != EI_IMPULSE_OK) {
        ei_printf("ERR: Failed to run classifier (%d)\n", res);
        return;
    }
    print_inference_result(result);
    delay(1000);
}

void print_inference_result(ei_impulse_result_t result) {
    ei_printf("Timing: DSP %d ms, inference %d ms, anomaly %d ms\r\n", result.timing.dsp, result.timing.classification,
              result.timing.anomaly);
#if EI_CLASSIFIER_OBJECT_DETECTION == 1
    for (uint32_t i = 0; i < result.bounding_boxes_count; i++) {
        ei_printf("%s\r\n", result.bounding_boxes[i].label);
    }
#else
    for (uint16_t i = 0; i < EI_CLASSIFIER_LABEL_COUNT; i++) {
        ei_printf("  %s: ", ei_classifier_inferencing_categories[i]);
        ei_printf("%.5f\r\n", result.classification[i].value);
    }
#endif
#if EI_CLASSIFIER_HAS_ANOMALY
    ei_printf("Anomaly prediction: %.6f\r\n", result.anomaly);
#endif
#if EI_CLASSIFIER_HAS_VISUAL_ANOMALY
    for (uint32_t i = 0; i < result.visual_ad_count; i++) ei_printf("%u\r\n", result.visual_ad_grid_cells[i].x);
#endif
}

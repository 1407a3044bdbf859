// A microphone that fills one buffer while the other is classified, slice by slice.
#define EIDSP_QUANTIZE_FILTERBANK 0
#define EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW 4

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
#include "edge-impulse-sdk/porting/ei_classifier_porting.h"
#include "model-parameters/model_metadata.h"

#if !defined(EI_CLASSIFIER_SENSOR) || EI_CLASSIFIER_SENSOR != EI_CLASSIFIER_SENSOR_MICROPHONE
#error "Invalid model for current sensor"
#endif

typedef struct {
    signed short *buffers[2];
    unsigned char buf_select;
    unsigned char buf_ready;
    unsigned int buf_count;
    unsigned int n_samples;
} inference_t;

static inference_t inference;
static int print_results = -(EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW);

// As the driver's interrupt does.
static bool microphone_record(void) {
    int16_t sample;
    inference.buf_ready = 0;
    while (inference.buf_ready == 0) {
        if (fread(&sample, sizeof sample, 1, stdin) != 1) return false;
        inference.buffers[inference.buf_select][inference.buf_count++] = sample;
        if (inference.buf_count >= inference.n_samples) {
            inference.buf_select ^= 1;
            inference.buf_count = 0;
            inference.buf_ready = 1;
        }
    }
    return true;
}

static int microphone_audio_signal_get_data(size_t offset, size_t length, float *out_ptr) {
    numpy::int16_to_float(&inference.buffers[inference.buf_select ^ 1][offset], out_ptr, length);
    return 0;
}

int main() {
    inference.n_samples = EI_CLASSIFIER_SLICE_SIZE;
    for (int i = 0; i < 2; i++) inference.buffers[i] = (signed short *)malloc(EI_CLASSIFIER_SLICE_SIZE * sizeof(signed short));
    fprintf(stderr, "Interval: %.4f ms, frame size: %d, classes: %d\n", (float)EI_CLASSIFIER_INTERVAL_MS,
            EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE,
            (int)(sizeof(ei_classifier_inferencing_categories) / sizeof(ei_classifier_inferencing_categories[0])));
    run_classifier_init();
    while (microphone_record()) {
        signal_t signal;
        signal.total_length = EI_CLASSIFIER_SLICE_SIZE;
        signal.get_data = &microphone_audio_signal_get_data;
        ei_impulse_result_t result = {0};
        EI_IMPULSE_ERROR r = run_classifier_continuous(&signal, &result, false);
        if (r != EI_IMPULSE_OK) {
            ei_printf("ERR: Failed to run classifier (%d)\n", r);
            return 1;
        }
        if (++print_results >= 0) {
            for (size_t ix = 0; ix < EI_CLASSIFIER_LABEL_COUNT; ix++) {
                ei_printf("%s %.9g ", result.classification[ix].label, result.classification[ix].value);
            }
#if EI_CLASSIFIER_HAS_ANOMALY == 1 || EI_CLASSIFIER_HAS_ANOMALY == 2
            ei_printf("%.9g\n", result.anomaly);
#endif
        }
    }
    run_classifier_deinit();
    return 0;
}

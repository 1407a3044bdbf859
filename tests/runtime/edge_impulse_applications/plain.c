/* The same in C. */
#include <stdio.h>
#include <string.h>

#include "edge-impulse-sdk/classifier/ei_run_classifier_c.h"
#include "edge-impulse-sdk/porting/ei_classifier_porting.h"

static float features[EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE];

static int get_signal_data(size_t offset, size_t length, float *out_ptr) {
    memcpy(out_ptr, features + offset, length * sizeof(float));
    return 0;
}

int main(void) {
    ei_impulse_result_t result;
    signal_t signal;
    if (fread(features, sizeof(float), EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE, stdin) != EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE) return 2;
    signal.total_length = EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE;
    signal.get_data = &get_signal_data;
    if (ei_run_classifier(&signal, &result, false) != EI_IMPULSE_OK) return 1;
    ei_printf("%s %.9g %.9g\n", result.classification[1].label, result.classification[1].value, result.anomaly);
    return 0;
}

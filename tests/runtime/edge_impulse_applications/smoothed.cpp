// A loop over windows with the smoothing of labels, by the impulse's handle.
#include <vector>

#include "edge-impulse-sdk/classifier/ei_classifier_smooth.h"
#include "edge-impulse-sdk/classifier/ei_run_classifier.h"

int main() {
    const ei_impulse_t *impulse = ei_default_impulse.impulse;
    ei_printf("%s: %u values, %u classes, %s at %.1f Hz\n", impulse->project_name, impulse->dsp_input_frame_size,
              impulse->label_count, impulse->fusion_string, impulse->frequency);
    ei_classifier_smooth_t smooth;
    ei_classifier_smooth_init(&smooth, 3 /* readings */, 2 /* the same */, 0.6f, 100.0f);
    run_classifier_init(&ei_default_impulse);
    std::vector<float> buffer(impulse->dsp_input_frame_size);
    while (fread(buffer.data(), sizeof(float), buffer.size(), stdin) == buffer.size()) {
        signal_t signal;
        int err = numpy::signal_from_buffer(buffer.data(), buffer.size(), &signal);
        if (err != 0) return 1;
        ei_impulse_result_t result = {0};
        if (process_impulse(&ei_default_impulse, &signal, &result, false) != EI_IMPULSE_OK) return 1;
        const char *prediction = ei_classifier_smooth_update(&smooth, &result);
        ei_printf("%s", prediction);
        for (size_t ix = 0; ix < smooth.count_size; ix++) ei_printf(" %u", smooth.count[ix]);
        ei_printf("\n");
    }
    ei_classifier_smooth_free(&smooth);
    return 0;
}

/* A sensor read row by row into a buffer that rolls, classified after each row, with a smoothed label; everything by one header. */
#include <pump-monitor_inferencing.h>

static float buffer[EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE] = { 0 };
static float inference_buffer[EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE];
static ei_classifier_smooth_t smooth;
static const char **labels = ei_classifier_inferencing_categories;

bool read_sensor(float *row);

void setup() {
    Serial.begin(115200);
    ei_classifier_smooth_init(&smooth, 3 /* no. of readings */, 2 /* min. readings the same */, EI_CLASSIFIER_THRESHOLD,
                              2.5 /* max. anomaly */);
}

void run_inference() {
    memcpy(inference_buffer, buffer, EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE * sizeof(float));
    signal_t signal;
    int err = numpy::signal_from_buffer(inference_buffer, EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE, &signal);
    if (err != 0) return;
    ei_impulse_result_t result = { nullptr };
    err = run_classifier(&signal, &result, false);
    if (err != EI_IMPULSE_OK) return;
    ei_printf("%s ", ei_classifier_smooth_update(&smooth, &result));
    for (size_t ix = 0; ix < EI_CLASSIFIER_NN_OUTPUT_COUNT; ix++) {
        ei_printf("%s ", labels[ix]);
        ei_printf_float(result.classification[ix].value);
        ei_printf(" ");
    }
    ei_printf_float(result.anomaly);
    ei_printf("\n");
}

void loop() {
    float row[EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME];
    for (int rows = 1; read_sensor(row); rows++) {
        numpy::roll(buffer, EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE, -EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME);
        float *last = buffer + EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE - EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME;
        memcpy(last, row, sizeof row);
        if (rows >= EI_CLASSIFIER_RAW_SAMPLE_COUNT) run_inference();
    }
    ei_classifier_smooth_free(&smooth);
}

// As the driver does.
bool read_sensor(float *row) { return fread(row, sizeof(float), EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME, stdin) == EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME; }

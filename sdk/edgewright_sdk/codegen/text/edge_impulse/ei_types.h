// SPDX-License-Identifier: 0BSD
// The types of applications for Edge Impulse's C++ API, for C99 and C++11: a signal, a result, the impulse.
#ifndef EDGEWRIGHT_EI_TYPES_H
#define EDGEWRIGHT_EI_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ei_metadata.h"
#include "ei_porting.h"

// C, and whoever asks for it, has a plain pointer where C++ has std::function.
#if !defined(__cplusplus) || (defined(EI_SIGNAL_C_FN_POINTER) && EI_SIGNAL_C_FN_POINTER == 1)
#define EDGEWRIGHT_EI_PLAIN_SIGNAL 1
#else
#include <functional>
#endif

#ifdef __cplusplus
namespace ei {
#endif

// Where the values of a window come from, piece by piece.
typedef struct ei_signal_t {
#ifdef EDGEWRIGHT_EI_PLAIN_SIGNAL
    int (*get_data)(size_t offset, size_t length, float* out);
#else
    std::function<int(size_t offset, size_t length, float* out)> get_data;
#endif
    size_t total_length;
} signal_t;

#ifdef __cplusplus
}  // namespace ei

using namespace ei;
#endif

typedef struct {
    const char* label;
    float value;
} ei_impulse_result_classification_t;

typedef struct {
    const char* label;
    uint32_t x;
    uint32_t y;
    uint32_t width;
    uint32_t height;
    float value;
} ei_impulse_result_bounding_box_t;

typedef struct {
    int sampling;
    int dsp;
    int classification;
    int anomaly;
    int postprocessing;
    int64_t dsp_us;
    int64_t classification_us;
    int64_t anomaly_us;
    int64_t postprocessing_us;
} ei_impulse_result_timing_t;

typedef struct {
    float mean_value;
    float max_value;
} ei_impulse_visual_ad_result_t;

typedef struct {
    ei_impulse_result_bounding_box_t* bounding_boxes;
    uint32_t bounding_boxes_count;
    ei_impulse_result_classification_t classification[EI_CLASSIFIER_LABEL_COUNT > 0 ? EI_CLASSIFIER_LABEL_COUNT : 1];
    float anomaly;
    ei_impulse_result_timing_t timing;
    bool copy_output;
    ei_impulse_result_bounding_box_t* visual_ad_grid_cells;
    uint32_t visual_ad_count;
    ei_impulse_visual_ad_result_t visual_ad_result;
} ei_impulse_result_t;

// What an application may want to know of the impulse: the macros as values.
typedef struct {
    uint32_t project_id;
    const char* project_owner;
    const char* project_name;
    uint32_t deploy_version;
    uint32_t nn_input_frame_size;
    uint32_t raw_sample_count;
    uint32_t raw_samples_per_frame;
    uint32_t dsp_input_frame_size;
    uint32_t input_width;
    uint32_t input_height;
    uint32_t input_frames;
    float interval_ms;
    float frequency;
    uint8_t has_anomaly;
    uint8_t object_detection;
    uint16_t object_detection_count;
    int sensor;
    const char* fusion_string;
    uint32_t slice_size;
    uint32_t slices_per_model_window;
    uint16_t label_count;
    const char** categories;
} ei_impulse_t;

// There is one impulse with static memory: its handle stands for nothing more.
typedef struct {
    const ei_impulse_t* impulse;
} ei_impulse_handle_t;

#ifdef __GNUC__
#define EDGEWRIGHT_EI_MAY_BE_UNUSED __attribute__((unused))
#else
#define EDGEWRIGHT_EI_MAY_BE_UNUSED
#endif

// Labels of the classification, in its order; not const themselves, since applications keep them as const char**.
static const char* ei_classifier_inferencing_categories[] EDGEWRIGHT_EI_MAY_BE_UNUSED = {@labels@};

static const ei_impulse_t edgewright_ei_impulse EDGEWRIGHT_EI_MAY_BE_UNUSED = {
    EI_CLASSIFIER_PROJECT_ID,
    EI_CLASSIFIER_PROJECT_OWNER,
    EI_CLASSIFIER_PROJECT_NAME,
    EI_CLASSIFIER_PROJECT_DEPLOY_VERSION,
    EI_CLASSIFIER_NN_INPUT_FRAME_SIZE,
    EI_CLASSIFIER_RAW_SAMPLE_COUNT,
    EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME,
    EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE,
    EI_CLASSIFIER_INPUT_WIDTH,
    EI_CLASSIFIER_INPUT_HEIGHT,
    EI_CLASSIFIER_INPUT_FRAMES,
    (float)EI_CLASSIFIER_INTERVAL_MS,
    (float)EI_CLASSIFIER_FREQUENCY,
    EI_CLASSIFIER_HAS_ANOMALY,
    EI_CLASSIFIER_OBJECT_DETECTION,
    EI_CLASSIFIER_OBJECT_DETECTION_COUNT,
    EI_CLASSIFIER_SENSOR,
    EI_CLASSIFIER_FUSION_AXES_STRING,
    EI_CLASSIFIER_SLICE_SIZE,
    EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW,
    EI_CLASSIFIER_LABEL_COUNT,
    ei_classifier_inferencing_categories,
};

static ei_impulse_handle_t ei_default_impulse EDGEWRIGHT_EI_MAY_BE_UNUSED = {&edgewright_ei_impulse};

#endif

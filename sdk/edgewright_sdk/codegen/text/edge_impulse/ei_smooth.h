// SPDX-License-Identifier: 0BSD
// A label that holds only when enough of the last results say the same.
#ifndef EDGEWRIGHT_EI_SMOOTH_H
#define EDGEWRIGHT_EI_SMOOTH_H

#include "ei_types.h"

typedef struct ei_classifier_smooth {
    int* last_readings;  // a class, or one of the two below
    size_t last_readings_size;
    uint8_t min_readings_same;
    float classifier_confidence;
    float anomaly_confidence;
    uint8_t count[EI_CLASSIFIER_LABEL_COUNT + 2];  // of each class, then uncertain, then anomaly
    size_t count_size;
} ei_classifier_smooth_t;

enum {
    EDGEWRIGHT_EI_UNCERTAIN = EI_CLASSIFIER_LABEL_COUNT,
    EDGEWRIGHT_EI_ANOMALY = EI_CLASSIFIER_LABEL_COUNT + 1
};

static inline void ei_classifier_smooth_init(ei_classifier_smooth_t* smooth, size_t n_readings, uint8_t min_readings_same,
                                             float classifier_confidence, float anomaly_confidence) {
    smooth->last_readings = (int*)ei_malloc(n_readings * sizeof(int));
    smooth->last_readings_size = smooth->last_readings == NULL ? 0 : n_readings;
    for (size_t i = 0; i < smooth->last_readings_size; ++i) smooth->last_readings[i] = EDGEWRIGHT_EI_UNCERTAIN;
    smooth->min_readings_same = min_readings_same;
    smooth->classifier_confidence = classifier_confidence;
    smooth->anomaly_confidence = anomaly_confidence;
    smooth->count_size = EI_CLASSIFIER_LABEL_COUNT + 2;
    for (size_t i = 0; i < smooth->count_size; ++i) smooth->count[i] = 0;
}

// A class, "anomaly", or "uncertain" while too few of the last results agree.
static inline const char* ei_classifier_smooth_update(ei_classifier_smooth_t* smooth, ei_impulse_result_t* result) {
    int reading = EDGEWRIGHT_EI_UNCERTAIN;
    for (int i = 0; i < EI_CLASSIFIER_LABEL_COUNT; ++i) {
        if (result->classification[i].value >= smooth->classifier_confidence) reading = i;
    }
    if (EI_CLASSIFIER_HAS_ANOMALY > 0 && result->anomaly >= smooth->anomaly_confidence) reading = EDGEWRIGHT_EI_ANOMALY;
    for (size_t i = 0; i < smooth->count_size; ++i) smooth->count[i] = 0;
    for (size_t i = 0; i < smooth->last_readings_size; ++i) {
        const int kept = i + 1 < smooth->last_readings_size ? smooth->last_readings[i + 1] : reading;
        smooth->last_readings[i] = kept;
        if (smooth->count[kept] < UINT8_MAX) ++smooth->count[kept];
    }
    size_t most = 0;
    for (size_t i = 1; i < smooth->count_size; ++i) {
        if (smooth->count[i] > smooth->count[most]) most = i;
    }
    if (most == EDGEWRIGHT_EI_UNCERTAIN || smooth->count[most] < smooth->min_readings_same) return "uncertain";
    return most == EDGEWRIGHT_EI_ANOMALY ? "anomaly" : ei_classifier_inferencing_categories[most];
}

static inline void ei_classifier_smooth_free(ei_classifier_smooth_t* smooth) {
    ei_free(smooth->last_readings);
    smooth->last_readings = NULL;
    smooth->last_readings_size = 0;
}

#endif

/* SPDX-License-Identifier: 0BSD
 *
 * @name@: generated from build @build_id@. C99 and C++17; nothing here allocates memory.
 *
 *   static unsigned char memory[@N@_ARENA_BYTES];
 *   @n@_model model;
 *   @n@_result result;
 *   @n@_init(&model, memory, sizeof memory);
 *   if (@n@_run(&model, window, @N@_WINDOW_VALUES, &result) == @N@_OK) { ... result.outputs[0].score ... }
 */
#ifndef @N@_EDGEWRIGHT_H
#define @N@_EDGEWRIGHT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define @N@_BUILD_ID "@build_id@"
#define @N@_ARENA_BYTES @arena_bytes@ /* working memory; any alignment */
@sizes@
#define @N@_FEATURE_NODES @processing@ /* processing nodes: see @n@_features */
#define @N@_OUTPUTS @outputs@ /* learning nodes: entries of a result */
#define @N@_TOP 3 /* contributions kept of each output */

/* What functions return. Negative: an error, and the result isn't filled. */
enum {
    @N@_OK = 0,
    @N@_MORE = 1, /* a stream: the next window isn't complete yet */
    @N@_BAD_ARGUMENT = -1, /* null, a wrong number of values, an index out of range */
    @N@_NO_MEMORY = -2, /* the arena is smaller than @N@_ARENA_BYTES */
    @N@_NOT_FINITE = -3, /* NaN or infinity in the window or in a score */
    @N@_INTERNAL = -4@calibration_statuses@
};

/* What an output is. */
enum { @N@_ANOMALY = 0, @N@_CLASSIFICATION = 1, @N@_REGRESSION = 2 };

/* Nodes. */
enum {
@nodes@
};

/* Part of a score that one feature makes; names by @n@_contribution_label. */
typedef struct @n@_contribution {
    int32_t feature;
    float value;
} @n@_contribution;

/* What one learning node says. Pointers are into the arena: valid until the next call with it. */
typedef struct @n@_output {
    int32_t kind;               /* @N@_ANOMALY, ... */
    int32_t decision;           /* anomaly: 1 anomalous, 0 normal; classification: class, -1: none reaches the threshold */
    float score;                /* anomaly: unclamped, higher = more anomalous; classification: of the best class */
    float smoothed;             /* what is compared with the threshold; the score itself without smoothing */
    float threshold;
    float p_value;              /* share of normal windows at least as extreme; -1 when unknown */
    int32_t contribution_count; /* entries of contributions, largest first */
    @n@_contribution contributions[@N@_TOP];
    int32_t class_count;
    const float *class_scores;  /* class_count values, or null */
    int32_t map_height;
    int32_t map_width;
    const float *map;           /* map_height rows of map_width scores, or null */
    float drift;                /* streams: how far the inputs' running mean has moved; -1 when unknown */
    int32_t drifting;           /* 1 where that is above the drift limit */
} @n@_output;

typedef struct @n@_result {
    int32_t status;             /* what the call returned */
    int32_t decision;           /* 1 when any output of kind anomaly is anomalous */
    int32_t output_count;       /* @N@_OUTPUTS */
    int32_t class_index;        /* class of the first classification; -1: there is none, none is sure, or anomalous */
    uint64_t start;             /* row of the stream at which the window starts; 0 in one-shot calls */
    const char *build_id;
    @n@_output outputs[@output_slots@];
} @n@_result;

@calibration_types@/* Settings and working memory. One model serves any number of streams, one call at a time. */
typedef struct @n@_model {
    unsigned char *arena;
    float threshold[@output_slots@];
    float smoothing[@output_slots@]; /* weight of the past, 0 (off) to below 1; streams only */
    float drift_limit;
@calibration_field@} @n@_model;

/* `arena` is @N@_ARENA_BYTES (or more) that the model may write until it is no longer used. */
int32_t @n@_init(@n@_model *model, void *arena, size_t arena_bytes);

float @n@_get_threshold(const @n@_model *model, int32_t output);
int32_t @n@_set_threshold(@n@_model *model, int32_t output, float threshold);
float @n@_get_smoothing(const @n@_model *model, int32_t output);
int32_t @n@_set_smoothing(@n@_model *model, int32_t output, float smoothing);

/* Drift: of each feature that a node standardises, a running mean over about 100 windows of a stream, in standard
 * deviations of training around the mean of training; `drift` is the one that is farthest. Above the limit (2 at first)
 * the machine, the sensor or its mounting is likely another than in training. */
float @n@_get_drift_limit(const @n@_model *model);
int32_t @n@_set_drift_limit(@n@_model *model, float limit);

/* One window: @window_text@. */
int32_t @n@_run(@n@_model *model, const @ctype@ *window, size_t values, @n@_result *result);

/* The features of one window at a processing node (@N@_FEATURES_...), for tests and for looking inside. */
int32_t @n@_features(@n@_model *model, int32_t node, const @ctype@ *window, size_t values, float *features,
    size_t capacity, size_t *count);
@stream@@calibration_functions@
/* Names. Null for an index out of range. */
const char *@n@_build_id(void);
const char *@n@_axis_name(int32_t axis);
const char *@n@_output_name(int32_t output);
/* What all outputs together say: "anomaly", else the class ("uncertain" when none reaches the threshold), else "normal". */
const char *@n@_label(const @n@_result *result);
const char *@n@_class_label(int32_t output, int32_t class_index);
const char *@n@_contribution_label(int32_t output, int32_t feature);
const char *@n@_feature_label(int32_t node, int32_t feature);
const char *@n@_status_text(int32_t status);

#ifdef __cplusplus
}
#endif

#endif

// SPDX-License-Identifier: 0BSD
// Names that applications written for Edge Impulse's C++ API use, over the C API of @n@. Calls and data only.
//
// One thread; one model with static memory. Works from C++11 on. The application, or a porting file, defines
// ei_printf, ei_read_timer_us and what else it calls of porting/ei_classifier_porting.h.
#ifndef EDGEWRIGHT_EI_COMPAT_H
#define EDGEWRIGHT_EI_COMPAT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "../@n@.h"
#include "ei_metadata.h"
#include "ei_porting.h"
#include "ei_types.h"

namespace ei {

constexpr int EIDSP_OK = 0;

class numpy {
public:
#ifndef EDGEWRIGHT_EI_PLAIN_SIGNAL
    // A signal over values that lie in memory; they must stay there.
    static int signal_from_buffer(const float* data, size_t size, signal_t* signal) {
        signal->total_length = size;
        signal->get_data = [data](size_t offset, size_t length, float* out) {
            memcpy(out, data + offset, length * sizeof(float));
            return EIDSP_OK;
        };
        return EIDSP_OK;
    }
#endif

    // Turn the values round the buffer: by -3 the first three come to its end.
    static int roll(float* values, size_t size, int shift) {
        if (size == 0) return EIDSP_OK;
        const size_t by = static_cast<size_t>(shift < 0 ? -static_cast<int64_t>(shift) : shift) % size;
        std::rotate(values, values + (shift < 0 ? by : size - by), values + size);
        return EIDSP_OK;
    }

    static int int16_to_float(const int16_t* from, float* to, size_t length) {
        for (size_t i = 0; i < length; ++i) to[i] = static_cast<float>(from[i]);
        return EIDSP_OK;
    }

    static int int8_to_float(const int8_t* from, float* to, size_t length) {
        for (size_t i = 0; i < length; ++i) to[i] = static_cast<float>(from[i]);
        return EIDSP_OK;
    }
};

}  // namespace ei

namespace edgewright_ei {

// What the functions below share. The size of the working memory is a constant of the package.
struct state {
    unsigned char arena[@N@_ARENA_BYTES];
    @n@_model model;
    float values[EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE];
    @ctype@ window[@N@_WINDOW_VALUES];
    size_t filled;  // values of the window that a continuous application has given
    bool ready;
    ei_impulse_result_bounding_box_t cells[EI_CLASSIFIER_VISUAL_AD_CELLS];
};

inline state& the_state() {
    static state it;
    return it;
}

inline EI_IMPULSE_ERROR start() {
    state& it = the_state();
    if (it.ready) return EI_IMPULSE_OK;
    if (@n@_init(&it.model, it.arena, sizeof it.arena) != @N@_OK) return EI_IMPULSE_ALLOC_FAILED;
    it.ready = true;
    return EI_IMPULSE_OK;
}

inline void clear(ei_impulse_result_t* result) {
    memset(static_cast<void*>(result), 0, sizeof *result);
    for (int i = 0; i < (EI_CLASSIFIER_LABEL_COUNT > 0 ? EI_CLASSIFIER_LABEL_COUNT : 1); ++i) {
        result->classification[i].label = ei_classifier_inferencing_categories[i];
    }
}

// Values as an application has them become what the library takes.
inline void to_window(state& it) {
#if EI_CLASSIFIER_INPUT_WIDTH > 0
    // One number a pixel, 0xRRGGBB.
    for (size_t i = 0; i < EI_CLASSIFIER_RAW_SAMPLE_COUNT; ++i) {
        const uint32_t pixel = static_cast<uint32_t>(it.values[i]);
        const uint32_t red = (pixel >> 16) & 255, green = (pixel >> 8) & 255, blue = pixel & 255;
#if @channels@ == 1
        it.window[i] = static_cast<uint8_t>((299 * red + 587 * green + 114 * blue + 500) / 1000);
#else
        it.window[3 * i] = static_cast<uint8_t>(red);
        it.window[3 * i + 1] = static_cast<uint8_t>(green);
        it.window[3 * i + 2] = static_cast<uint8_t>(blue);
#endif
    }
#else
    memcpy(it.window, it.values, sizeof it.values);
#endif
}

inline void show_cells(state& it, const @n@_output& output, ei_impulse_result_t* result) {
    const int32_t count = output.map_height * output.map_width;
    float sum = 0.0f;
    for (int32_t i = 0; i < count; ++i) {
        const float value = output.map[i];
        sum += value;
        if (i == 0 || value > result->visual_ad_result.max_value) result->visual_ad_result.max_value = value;
        if (!(value > output.threshold) || result->visual_ad_count >= EI_CLASSIFIER_VISUAL_AD_CELLS) continue;
        ei_impulse_result_bounding_box_t& cell = it.cells[result->visual_ad_count++];
        cell.label = "anomaly";
        cell.width = static_cast<uint32_t>(EI_CLASSIFIER_INPUT_WIDTH / output.map_width);
        cell.height = static_cast<uint32_t>(EI_CLASSIFIER_INPUT_HEIGHT / output.map_height);
        cell.x = static_cast<uint32_t>(i % output.map_width) * cell.width;
        cell.y = static_cast<uint32_t>(i / output.map_width) * cell.height;
        cell.value = value;
    }
    result->visual_ad_result.mean_value = count > 0 ? sum / static_cast<float>(count) : 0.0f;
    result->visual_ad_grid_cells = it.cells;
}

inline EI_IMPULSE_ERROR conclude(ei_impulse_result_t* result, bool debug) {
    state& it = the_state();
    const uint64_t before = ei_read_timer_us();
    @n@_result found;
    to_window(it);
    const int32_t status = @n@_run(&it.model, it.window, @N@_WINDOW_VALUES, &found);
    if (status != @N@_OK) {
        if (debug) ei_printf("@n@: %s\n", @n@_status_text(status));
        return status == @N@_NOT_FINITE ? EI_IMPULSE_DSP_ERROR : EI_IMPULSE_INFERENCE_ERROR;
    }
    bool scored = false, classified = false;
    for (int32_t i = 0; i < found.output_count; ++i) {
        const @n@_output& output = found.outputs[i];
        if (output.kind == @N@_ANOMALY && !scored) {
            scored = true;
            result->anomaly = output.score;
            if (output.map != nullptr) show_cells(it, output, result);
        } else if (output.kind == @N@_CLASSIFICATION && !classified) {
            classified = true;
            for (int32_t j = 0; j < output.class_count && j < EI_CLASSIFIER_LABEL_COUNT; ++j) {
                result->classification[j].value = output.class_scores[j];
            }
        } else if (output.kind == @N@_REGRESSION && !classified) {
            classified = true;
            result->classification[0].value = output.score;
        }
        if (debug) ei_printf("%s: %f\n", @n@_output_name(i), static_cast<double>(output.score));
    }
    // Features and models run in one call: the time is told as that of the classification.
    result->timing.classification_us = static_cast<int64_t>(ei_read_timer_us() - before);
    result->timing.classification = static_cast<int>(result->timing.classification_us / 1000);
    return EI_IMPULSE_OK;
}

}  // namespace edgewright_ei

/// Forget the window of run_classifier_continuous.
inline void run_classifier_init() {
    edgewright_ei::start();
    edgewright_ei::the_state().filled = 0;
}

inline void run_classifier_deinit() { edgewright_ei::the_state().filled = 0; }

/// One whole window.
inline EI_IMPULSE_ERROR run_classifier(ei::signal_t* signal, ei_impulse_result_t* result, bool debug = false) {
    if (signal == nullptr || result == nullptr) return EI_IMPULSE_ERROR_SHAPES_DONT_MATCH;
    edgewright_ei::clear(result);
    if (signal->total_length != EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE) return EI_IMPULSE_ERROR_SHAPES_DONT_MATCH;
    const EI_IMPULSE_ERROR started = edgewright_ei::start();
    if (started != EI_IMPULSE_OK) return started;
    if (signal->get_data(0, signal->total_length, edgewright_ei::the_state().values) != 0) return EI_IMPULSE_DSP_ERROR;
    return edgewright_ei::conclude(result, debug);
}

/// One slice, EI_CLASSIFIER_SLICE_SIZE rows: scored with those before it, once they fill a window.
inline EI_IMPULSE_ERROR run_classifier_continuous(ei::signal_t* signal, ei_impulse_result_t* result, bool debug = false,
                                                  bool enable_maf_unused = false) {
    (void)enable_maf_unused;
    if (signal == nullptr || result == nullptr) return EI_IMPULSE_ERROR_SHAPES_DONT_MATCH;
    edgewright_ei::clear(result);
    edgewright_ei::state& it = edgewright_ei::the_state();
    const size_t size = EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE, slice = signal->total_length;
    if (slice == 0 || slice > size) return EI_IMPULSE_ERROR_SHAPES_DONT_MATCH;
    const EI_IMPULSE_ERROR started = edgewright_ei::start();
    if (started != EI_IMPULSE_OK) return started;
    memmove(it.values, it.values + slice, (size - slice) * sizeof(float));
    if (signal->get_data(0, slice, it.values + (size - slice)) != 0) return EI_IMPULSE_DSP_ERROR;
    it.filled = it.filled + slice < size ? it.filled + slice : size;
    return it.filled < size ? EI_IMPULSE_OK : edgewright_ei::conclude(result, debug);
}

inline EI_IMPULSE_ERROR run_classifier(ei_impulse_handle_t*, ei::signal_t* signal, ei_impulse_result_t* result,
                                       bool debug = false) {
    return run_classifier(signal, result, debug);
}

inline EI_IMPULSE_ERROR run_classifier_continuous(ei_impulse_handle_t*, ei::signal_t* signal, ei_impulse_result_t* result,
                                                  bool debug = false, bool enable_maf_unused = false) {
    return run_classifier_continuous(signal, result, debug, enable_maf_unused);
}

inline EI_IMPULSE_ERROR process_impulse(ei_impulse_handle_t*, ei::signal_t* signal, ei_impulse_result_t* result,
                                        bool debug = false) {
    return run_classifier(signal, result, debug);
}

inline EI_IMPULSE_ERROR process_impulse_continuous(ei_impulse_handle_t*, ei::signal_t* signal, ei_impulse_result_t* result,
                                                   bool debug = false) {
    return run_classifier_continuous(signal, result, debug);
}

inline EI_IMPULSE_ERROR init_impulse(ei_impulse_handle_t*) { return edgewright_ei::start(); }

inline void run_classifier_init(ei_impulse_handle_t*) { run_classifier_init(); }

inline void run_classifier_deinit(ei_impulse_handle_t*) { run_classifier_deinit(); }

#endif

// SPDX-License-Identifier: 0BSD
// The messages of the Linux runner protocol: hello, classify, set_threshold.
#include "answers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "scoring.h"

namespace {

#if IMPULSE_IMAGE
constexpr size_t features = static_cast<size_t>(impulse::width) * impulse::height;  // a pixel each, 0xRRGGBB
#else
constexpr size_t features = impulse::window_values;
#endif
float given[features];

void begin_answer(const char* message, text& answer) {
    const char* const id = member(message, "id");
    answer.add("{\"id\": ");
    answer.add(id == nullptr ? "null" : id, id == nullptr ? 4 : static_cast<size_t>(skip_value(id) - id));
    answer.add(", \"success\": true");
}

// Always false.
bool refuse(const char* message, const char* reason, text& answer) {
    const char* const id = member(message, "id");
    answer.clear();
    answer_error(id, id == nullptr ? 0 : static_cast<size_t>(skip_value(id) - id), reason, answer);
    return false;
}

bool hello(text& answer) {
    answer.add(", \"model_parameters\": {");
    answer.add(impulse::parameters);
    answer.add(", \"thresholds\": [");
    for (int32_t i = 0, told = 0; i < impulse::outputs; ++i) {
        const char* const type = impulse::threshold_types[i];
        if (*type == 0) continue;
        answer.addf("%s{\"id\": %d, \"type\": \"%s\", \"%s\": ", told++ > 0 ? ", " : "", static_cast<int>(i), type,
                    strcmp(type, "classification") == 0 ? "min_score" : "min_anomaly_score");
        answer.add_number(impulse::get_threshold(&model, i));
        answer.add("}");
    }
    answer.add("]}, \"project\": {\"id\": 1, \"deploy_version\": 1, \"owner\": \"Edgewright\", \"name\": ");
    answer.add_string(impulse::title);
    answer.addf("}, \"build_id\": \"%s\"", impulse::build_id());
    return true;
}

// What the first classifier, or the first number, says.
void add_classification(text& answer, const impulse::result& result) {
    answer.add("\"classification\": {");
    for (int32_t i = 0; i < result.output_count; ++i) {
        const impulse::output& from = result.outputs[i];
        if (from.kind == impulse::anomaly) continue;
        if (from.kind != impulse::classification) {
            answer.add("\"value\": ");
            answer.add_number(from.score);
        }
        for (int32_t c = 0; c < from.class_count; ++c) {
            if (c > 0) answer.add(", ");
            answer.add_string(impulse::class_label(i, c));
            answer.add(": ");
            answer.add_number(from.class_scores[c]);
        }
        break;
    }
    answer.add("}");
}

#if IMPULSE_IMAGE
// Cells above the threshold, in pixels of the input; mean and maximum of all.
void add_map(text& answer, const impulse::output& from) {
    const int32_t count = from.map_height * from.map_width;
    float sum = 0.0f, most = from.map[0];
    answer.add(", \"visual_anomaly_grid\": [");
    const char* comma = "";
    for (int32_t i = 0; i < count; ++i) {
        sum += from.map[i];
        if (from.map[i] > most) most = from.map[i];
        if (!(from.map[i] > from.threshold)) continue;
        const int32_t row = i / from.map_width, column = i % from.map_width;
        const int32_t x = column * impulse::width / from.map_width, y = row * impulse::height / from.map_height;
        answer.addf("%s{\"label\": \"anomaly\", \"x\": %d, \"y\": %d, \"width\": %d, \"height\": %d, \"value\": ", comma,
                    static_cast<int>(x), static_cast<int>(y), static_cast<int>((column + 1) * impulse::width / from.map_width - x),
                    static_cast<int>((row + 1) * impulse::height / from.map_height - y));
        answer.add_number(from.map[i]);
        answer.add("}");
        comma = ", ";
    }
    answer.add("], \"visual_anomaly_max\": ");
    answer.add_number(most);
    answer.add(", \"visual_anomaly_mean\": ");
    answer.add_number(sum / static_cast<float>(count));
}

int32_t run_given(impulse::result& result) {
    static uint8_t pixels[3 * features];
    for (size_t i = 0; i < features; ++i) {
        const uint32_t colour = given[i] >= 0.0f && given[i] <= 16777215.0f ? static_cast<uint32_t>(given[i]) : 0;
        pixels[3 * i] = static_cast<uint8_t>(colour >> 16);
        pixels[3 * i + 1] = static_cast<uint8_t>(colour >> 8);
        pixels[3 * i + 2] = static_cast<uint8_t>(colour);
    }
    const impulse::frame frame = {pixels, impulse::rgb888, impulse::width, impulse::height, 0};
    return impulse::run_frame(&model, &frame, &result);
}
#else
int32_t run_given(impulse::result& result) { return impulse::run(&model, given, features, &result); }
#endif

bool classify(const char* message, const char* list, text& answer) {
    size_t count = 0;
    char reason[160];
    if (!take_numbers(list, given, features, count)) return refuse(message, "classify: a list of numbers is needed", answer);
    if (count != features) {
        snprintf(reason, sizeof reason, "classify: got %zu values; a window has %zu", count, features);
        return refuse(message, reason, answer);
    }
    timespec began = {}, ended = {};
    impulse::result result;
    clock_gettime(CLOCK_MONOTONIC, &began);
    const int32_t status = run_given(result);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    if (status != impulse::ok) {
        snprintf(reason, sizeof reason, "classify: %s", impulse::status_text(status));
        return refuse(message, reason, answer);
    }
    const long us = (ended.tv_sec - began.tv_sec) * 1000000L + (ended.tv_nsec - began.tv_nsec) / 1000;
    answer.add(", \"result\": {");
    add_classification(answer, result);
    for (int32_t i = 0; i < result.output_count; ++i) {
        if (result.outputs[i].kind != impulse::anomaly) continue;
        answer.add(", \"anomaly\": ");
        answer.add_number(result.outputs[i].score);
#if IMPULSE_IMAGE
        if (result.outputs[i].map != nullptr) add_map(answer, result.outputs[i]);
#endif
        break;
    }
    answer.add("}, \"nodes\": ");
    add_nodes(answer, result);
    answer.add(", \"decision\": {\"label\": ");
    answer.add_string(impulse::label(&result));
    answer.addf(", \"anomalous\": %s}", result.decision == 1 ? "true" : "false");
    // Nodes aren't timed one by one: all of it is told as classification.
    answer.addf(", \"timing\": {\"dsp\": 0, \"classification\": %ld, \"anomaly\": 0, \"dsp_us\": 0, \"classification_us\": %ld, \"anomaly_us\": 0}",
                us / 1000, us);
    return true;
}

bool change_threshold(const char* message, const char* setting, text& answer) {
    const char* const id = *setting == '{' ? member(setting, "id") : nullptr;
    const char* value = id == nullptr ? nullptr : member(setting, "min_anomaly_score");
    if (id != nullptr && value == nullptr) value = member(setting, "min_score");
    if (value == nullptr) return refuse(message, "set_threshold: an object with id and min_anomaly_score or min_score is needed", answer);
    char* end = nullptr;
    const long number = strtol(id, &end, 10);
    char* value_end = nullptr;
    const float wanted = strtof(value, &value_end);
    if (end == id || value_end == value || number < 0 || number >= impulse::outputs ||
        impulse::set_threshold(&model, static_cast<int32_t>(number), wanted) != impulse::ok) {
        return refuse(message, "set_threshold: hello lists the ids that there are, and the value is a number", answer);
    }
    return true;
}

}  // namespace

void answer_error(const char* id, size_t id_length, const char* reason, text& answer) {
    answer.add("{\"id\": ");
    answer.add(id_length == 0 ? "null" : id, id_length == 0 ? 4 : id_length);
    answer.add(", \"success\": false, \"error\": ");
    answer.add_string(reason);
    answer.add("}");
}

void answer_message(const char* message, text& answer) {
    answer.clear();
    const char* const end = skip_value(message);
    if (end == nullptr || *end != 0) return answer_error(nullptr, 0, "the message isn't JSON", answer);
    begin_answer(message, answer);
    const char* const list = member(message, "classify");
    const char* const setting = member(message, "set_threshold");
    bool done = false;
    if (member(message, "hello") != nullptr) {
        done = hello(answer);
    } else if (list != nullptr) {
        done = classify(message, list, answer);
    } else if (setting != nullptr) {
        done = change_threshold(message, setting, answer);
    } else {
        done = refuse(message, "hello, classify and set_threshold are served", answer);
    }
    if (done) answer.add("}");
}

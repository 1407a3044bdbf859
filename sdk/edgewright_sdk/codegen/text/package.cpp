// SPDX-License-Identifier: 0BSD
// Generated from build @build_id@: the C API of @name@ over its nodes.
#include "@name@.h"

#include "@name@_tables.h"
@calibration_includes@#include "edgewright/columns.h"
#include "edgewright/drift.h"
@order_include@@image_include@#include "edgewright/ring.h"
#include "edgewright/vector.h"

namespace EW_NS {
namespace {

using window_value = @ctype@;
constexpr int32_t window_values = @values@;

unsigned char* aligned(void* memory) {
    const uintptr_t at = reinterpret_cast<uintptr_t>(memory);
    return static_cast<unsigned char*>(memory) + (ew_alignment - at % ew_alignment) % ew_alignment;
}

template <class T>
T* at(unsigned char* memory, int32_t offset) {
    return reinterpret_cast<T*>(memory + offset);
}

@calibration_head@// What a call looks at on the way: the inputs of nodes that standardise.
struct observation {
    float* running;  // of a stream, or null
    float* drift;    // by output
@calibration_keep@};

@runners@@calibrated_nodes@// Run the nodes up to number `last`. `states` is null in a one-shot call.
ew_status run_nodes(const @n@_model* model, const window_value* window, unsigned char* states,
                    const observation* seen, int32_t last) {
    ew_status status = ew_ok;
    unsigned char* const memory = model->arena;
    (void)memory;
    (void)states;
    (void)seen;
    (void)last;
@check@@steps@    return status;
}

int32_t public_status(ew_status status) {
    if (status == ew_ok) return @N@_OK;
    return status == ew_not_finite ? @N@_NOT_FINITE : @N@_INTERNAL;
}

void fill(const ew_learning& node, const ew_outcome& from, float drift, float limit, @n@_output& to) {
    to.kind = node.kind;
    to.decision = from.decision;
    to.score = from.score;
    to.smoothed = from.smoothed;
    to.threshold = from.threshold;
    to.p_value = from.p_value;
    to.contribution_count = from.contribution_count;
    for (int32_t i = 0; i < @N@_TOP; ++i) {
        to.contributions[i].feature = from.contributions[i].feature;
        to.contributions[i].value = from.contributions[i].value;
    }
    to.class_count = node.class_count;
    to.class_scores = from.class_scores;
    to.map_height = node.map_height;
    to.map_width = node.map_width;
    to.map = from.map;
    to.drift = drift;
    to.drifting = drift > limit ? 1 : 0;
}

// Run everything and conclude. `states`, `running` and `history` are a stream's, null in a one-shot call.
int32_t evaluate(@n@_model* model, const window_value* window, unsigned char* states, float* running, float* history,
                 bool first, @n@_result* result) {
    memset(result, 0, sizeof *result);
    result->build_id = @N@_BUILD_ID;
    result->output_count = @N@_OUTPUTS;
    result->class_index = -1;
    float drift[@output_slots@];
    for (float& one : drift) one = -1.0f;
    const observation seen = {running, drift@no_keep@};
    ew_status status = run_nodes(model, window, states, &seen, @last@);
    for (int32_t i = 0; i < @N@_OUTPUTS && status == ew_ok; ++i) {
        ew_outcome outcome;
        float* const past = history == nullptr ? nullptr : history + history_at[i];
@calibration_node@        status = ew_conclude(@concluded@, model->arena, model->threshold[i], model->smoothing[i], past, first, &outcome);
        if (status != ew_ok) break;
        fill(output_nodes[i], outcome, drift[i], model->drift_limit, result->outputs[i]);
        if (output_nodes[i].kind == ew_anomaly && outcome.decision == 1) result->decision = 1;
    }
@classify@    result->status = public_status(status);
    return result->status;
}

const char* name_of(const name_list* lists, int32_t list_count, int32_t list, int32_t i) {
    if (list < 0 || list >= list_count || i < 0 || i >= lists[list].count) return nullptr;
    return lists[list].names[i];
}

bool is_output(const @n@_model* model, int32_t output) {
    return model != nullptr && output >= 0 && output < @N@_OUTPUTS;
}

}  // namespace
}  // namespace EW_NS

using namespace EW_NS;

extern "C" {

int32_t @n@_init(@n@_model* model, void* arena, size_t arena_bytes) {
    if (model == nullptr || arena == nullptr) return @N@_BAD_ARGUMENT;
    if (arena_bytes < @N@_ARENA_BYTES) return @N@_NO_MEMORY;
    memset(model, 0, sizeof *model);
    model->arena = aligned(arena);
    memcpy(model->threshold, thresholds, sizeof model->threshold);
    memcpy(model->smoothing, smoothings, sizeof model->smoothing);
    model->drift_limit = 2.0f;
    return @N@_OK;
}

float @n@_get_threshold(const @n@_model* model, int32_t output) {
    return is_output(model, output) ? model->threshold[output] : 0.0f;
}

int32_t @n@_set_threshold(@n@_model* model, int32_t output, float threshold) {
    if (!is_output(model, output) || !ew_all_finite(&threshold, 1)) return @N@_BAD_ARGUMENT;
    model->threshold[output] = threshold;
    return @N@_OK;
}

float @n@_get_smoothing(const @n@_model* model, int32_t output) {
    return is_output(model, output) ? model->smoothing[output] : 0.0f;
}

int32_t @n@_set_smoothing(@n@_model* model, int32_t output, float smoothing) {
    if (!is_output(model, output) || !(smoothing >= 0.0f && smoothing < 1.0f)) return @N@_BAD_ARGUMENT;
    model->smoothing[output] = smoothing;
    return @N@_OK;
}

float @n@_get_drift_limit(const @n@_model* model) { return model == nullptr ? 0.0f : model->drift_limit; }

int32_t @n@_set_drift_limit(@n@_model* model, float limit) {
    if (model == nullptr || !ew_all_finite(&limit, 1) || limit < 0.0f) return @N@_BAD_ARGUMENT;
    model->drift_limit = limit;
    return @N@_OK;
}

int32_t @n@_run(@n@_model* model, const @ctype@* window, size_t values, @n@_result* result) {
    if (model == nullptr || window == nullptr || result == nullptr || values != @N@_WINDOW_VALUES) {
        return @N@_BAD_ARGUMENT;
    }
    return evaluate(model, window, nullptr, nullptr, nullptr, true, result);
}

int32_t @n@_features(@n@_model* model, int32_t node, const @ctype@* window, size_t values, float* features,
                     size_t capacity, size_t* count) {
    static const int32_t feature_nodes[@feature_slots@][3] = {@feature_nodes@};  // node, offset, number of features
    if (model == nullptr || window == nullptr || features == nullptr || count == nullptr || node < 0 ||
        node >= @N@_FEATURE_NODES || values != @N@_WINDOW_VALUES) {
        return @N@_BAD_ARGUMENT;
    }
    const size_t wanted = static_cast<size_t>(feature_nodes[node][2]);
    if (capacity < wanted) return @N@_BAD_ARGUMENT;
    const ew_status status = run_nodes(model, window, nullptr, nullptr, feature_nodes[node][0]);
    if (status != ew_ok) return public_status(status);
    memcpy(features, at<float>(model->arena, feature_nodes[node][1]), wanted * sizeof(float));
    *count = wanted;
    return @N@_OK;
}
@stream@@calibration@
const char* @n@_build_id(void) { return @N@_BUILD_ID; }

const char* @n@_axis_name(int32_t axis) {
    return axis >= 0 && axis < @axes@ ? axis_names[axis] : nullptr;
}

const char* @n@_output_name(int32_t output) {
    return output >= 0 && output < @N@_OUTPUTS ? output_names[output] : nullptr;
}

const char* @n@_label(const @n@_result* result) {
    if (result == nullptr || result->status != @N@_OK) return nullptr;
    if (result->decision == 1) return "anomaly";
@named@}

const char* @n@_class_label(int32_t output, int32_t class_index) {
    return name_of(class_labels, @N@_OUTPUTS, output, class_index);
}

const char* @n@_contribution_label(int32_t output, int32_t feature) {
    return name_of(contribution_labels, @N@_OUTPUTS, output, feature);
}

const char* @n@_feature_label(int32_t node, int32_t feature) {
    return name_of(feature_labels, @N@_FEATURE_NODES, node, feature);
}

const char* @n@_status_text(int32_t status) {
    switch (status) {
        case @N@_OK: return "ok";
        case @N@_MORE: return "the next window isn't complete yet";
        case @N@_BAD_ARGUMENT: return "null, a wrong number of values, or an index out of range";
        case @N@_NO_MEMORY: return "the arena is smaller than @N@_ARENA_BYTES";
        case @N@_NOT_FINITE: return "NaN or infinity in the window or in a score";
        case @N@_INTERNAL: return "a node refused its tables: the package is damaged";
@calibration_status@        default: return nullptr;
    }
}

}  // extern "C"

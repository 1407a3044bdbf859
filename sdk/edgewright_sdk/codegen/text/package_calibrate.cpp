
}  // extern "C"

namespace EW_NS {
namespace {

constexpr char build[32] = @N@_BUILD_ID;

uint32_t checksum_of(const @n@_calibration& calibration) {
    return ew_checksum(&calibration.bytes, sizeof calibration - offsetof(@n@_calibration, bytes));
}

bool is_whole(const @n@_calibration& calibration) {
    if (calibration.format != 1 || calibration.bytes != sizeof calibration) return false;
    if (calibration.windows < ew_calibration_least || calibration.windows > @N@_CALIBRATION_WINDOWS) return false;
    for (size_t i = 0; i < sizeof build; ++i) {
        if (calibration.build_id[i] != build[i]) return false;
    }
    return calibration.checksum == checksum_of(calibration);
}

// Fit the scaler of a node to the kept rows, then score each row with the scaler of all others.
int32_t fit(const calibrated_node& node, unsigned char* memory, @n@_commissioning& work, float* scores) {
    const float* const rows = work.rows + node.at * @N@_CALIBRATION_WINDOWS;
    float* const mean = work.result.scalers + 2 * node.at;
    float* const scale = mean + node.width;
    const int32_t constant = ew_fit_scaler(rows, work.count, node.width, node.trained, mean, scale);
    if (constant >= 0) {
        work.constant_output = node.output;
        work.constant_feature = constant;
        return @N@_CONSTANT;
    }
    float* const input = at<float>(memory, node.input);
    memset(input, 0, static_cast<size_t>(node.inputs) * sizeof(float));
    for (int32_t i = 0; i < work.count; ++i) {
        const float* const row = rows + i * node.width;
        ew_scaler_without(row, work.count, node.width, mean, scale, work.scaler, work.scaler + node.width);
        for (int32_t k = 0; k < node.width; ++k) input[node.selected[k]] = row[k];
        const ew_status status = node.run(memory, input, nullptr, work.scaler, work.scaler + node.width);
        if (status != ew_ok) return public_status(status);
        scores[i] = *at<float>(memory, node.score);
        if (!ew_all_finite(scores + i, 1)) return @N@_NOT_FINITE;
    }
    return @N@_OK;
}

}  // namespace
}  // namespace EW_NS

extern "C" {

int32_t @n@_calibrate_begin(@n@_commissioning* work) {
    if (work == nullptr) return @N@_BAD_ARGUMENT;
    memset(work, 0, sizeof *work);
    work->constant_output = work->constant_feature = -1;
    return @N@_OK;
}

int32_t @n@_calibrate_add(@n@_model* model, @n@_commissioning* work, const @ctype@* window, size_t values) {
    if (model == nullptr || work == nullptr || window == nullptr || values != @N@_WINDOW_VALUES) {
        return @N@_BAD_ARGUMENT;
    }
    if (work->count >= @N@_CALIBRATION_WINDOWS) return @N@_NO_MEMORY;
    observation seen = {nullptr, nullptr, work};
    const ew_status status = run_nodes(model, window, nullptr, &seen, @last@);
    if (status != ew_ok) return public_status(status);
    for (int32_t k = 0; k < @calibrated@; ++k) {
        const calibrated_node& node = calibrated_nodes[k];
        const float* const row = work->rows + node.at * @N@_CALIBRATION_WINDOWS + work->count * node.width;
        const float* const score = at<float>(model->arena, node.score);
        if (!ew_all_finite(score, 1) || !ew_all_finite(row, node.width)) return @N@_NOT_FINITE;
        work->result.scores[k * @N@_CALIBRATION_WINDOWS + work->count] = *score;
    }
    ++work->count;
    return @N@_OK;
}

int32_t @n@_calibrate_commit(@n@_model* model, @n@_commissioning* work) {
    if (model == nullptr || work == nullptr || work->count > @N@_CALIBRATION_WINDOWS) return @N@_BAD_ARGUMENT;
    if (work->count < ew_calibration_least) return @N@_TOO_FEW;
    @n@_calibration& result = work->result;
    result.format = 0;
    for (int32_t k = 0; k < @calibrated@; ++k) {
        const calibrated_node& node = calibrated_nodes[k];
        float* const scores = result.scores + k * @N@_CALIBRATION_WINDOWS;
        if (node.width > 0) {
            const int32_t status = fit(node, model->arena, *work, scores);
            if (status != @N@_OK) return status;
        }
        ew_sort(scores, work->count);
        result.thresholds[k] = ew_held_out_threshold(scores, work->count, node.rate);
    }
    result.bytes = sizeof result;
    result.windows = work->count;
    memcpy(result.build_id, build, sizeof build);
    result.checksum = checksum_of(result);
    result.format = 1;
    return @N@_OK;
}

int32_t @n@_calibrate_use(@n@_model* model, const @n@_calibration* calibration) {
    if (model == nullptr) return @N@_BAD_ARGUMENT;
    if (calibration != nullptr && !is_whole(*calibration)) return @N@_DAMAGED;
    model->calibration = calibration;
    for (int32_t k = 0; k < @calibrated@; ++k) {
        const int32_t output = calibrated_nodes[k].output;
        model->threshold[output] = calibration == nullptr ? thresholds[output] : calibration->thresholds[k];
    }
    return @N@_OK;
}

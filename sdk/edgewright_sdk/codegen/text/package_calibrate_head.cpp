// An anomaly node as commissioning sees it.
struct calibrated_node {
    int32_t output;
    float rate;                // target false-alarm rate of the threshold
    int32_t score;             // offset in the arena
    int32_t width;             // features that it standardises; 0: only its scores are collected
    int32_t at;                // first of them among those of all nodes
    int32_t input;             // offset in the arena, and how many values
    int32_t inputs;
    const int32_t* selected;
    const float* trained;      // scale
    ew_status (*run)(unsigned char* memory, const void* input, void* state, const float* mean, const float* scale);
};

[[maybe_unused]] const float* fitted(const @n@_model* model, int32_t at, const float* trained) {
    return model->calibration == nullptr ? trained : model->calibration->scalers + at;
}


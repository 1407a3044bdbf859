const calibrated_node calibrated_nodes[@calibrated@] = {
@nodes@};

// An output with the p-values of a calibration, if there is one.
ew_learning calibrated(const @n@_calibration* calibration, int32_t output) {
    ew_learning node = output_nodes[output];
    for (int32_t k = 0; k < @calibrated@ && calibration != nullptr; ++k) {
        if (calibrated_nodes[k].output != output) continue;
        const int32_t count = calibration->windows;
        node.quantiles = {count, count, calibration->scores + k * @N@_CALIBRATION_WINDOWS, nullptr};
    }
    return node;
}


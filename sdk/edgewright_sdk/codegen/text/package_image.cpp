
int32_t @n@_frame_window(@n@_model* model, const @n@_frame* frame, uint8_t* window, size_t values) {
    if (model == nullptr || frame == nullptr || window == nullptr || values != @N@_WINDOW_VALUES) {
        return @N@_BAD_ARGUMENT;
    }
    ew_pixels pixels = {frame->data, static_cast<ew_pixel_format>(frame->format), frame->width, frame->height,
                        frame->stride};
    if (pixels.stride == 0 && pixels.width <= ew_largest_side) pixels.stride = pixels.width * ew_pixel_bytes(pixels.format);
    if (!ew_pixels_fit(pixels)) return @N@_BAD_ARGUMENT;
    ew_arena scratch = {model->arena + @scratch_at@, model->arena + @scratch_at@ + @scratch_bytes@};
    return public_status(ew_resize(pixels, @fit@, window, @N@_WIDTH, @N@_HEIGHT, @N@_CHANNELS, scratch));
}

int32_t @n@_run_frame(@n@_model* model, const @n@_frame* frame, @n@_result* result) {
    if (model == nullptr || result == nullptr) return @N@_BAD_ARGUMENT;
    uint8_t* const window = model->arena + @window_at@;
    const int32_t status = @n@_frame_window(model, frame, window, @N@_WINDOW_VALUES);
    return status == @N@_OK ? @n@_run(model, window, @N@_WINDOW_VALUES, result) : status;
}

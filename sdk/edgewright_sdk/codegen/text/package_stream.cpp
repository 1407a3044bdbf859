
int32_t @n@_stream_init(@n@_stream* stream, @n@_model* model) {
    if (stream == nullptr || model == nullptr) return @N@_BAD_ARGUMENT;
    stream->model = model;
    return @n@_stream_reset(stream);
}

int32_t @n@_stream_reset(@n@_stream* stream) {
    if (stream == nullptr) return @N@_BAD_ARGUMENT;
    @n@_model* const model = stream->model;
    memset(stream, 0, sizeof *stream);
    stream->model = model;
    stream->missing = @N@_WINDOW_LENGTH;
    return @N@_OK;
}

int32_t @n@_stream_push(@n@_stream* stream, const float* samples, size_t rows, size_t* used, @n@_result* result) {
    if (stream == nullptr || stream->model == nullptr || used == nullptr || result == nullptr ||
        (samples == nullptr && rows > 0)) {
        return @N@_BAD_ARGUMENT;
    }
    const ew_ring ring = {stream->ring,   @N@_WINDOW_LENGTH, @N@_AXES, @N@_STRIDE,
                          &stream->next, &stream->missing};
    *used = ew_ring_push(ring, samples, rows);
    stream->rows += *used;
    if (stream->missing > 0) return @N@_MORE;
    float* const window = at<float>(stream->model->arena, @window_at@);
    ew_ring_window(ring, window);
    const int32_t status = evaluate(stream->model, window, reinterpret_cast<unsigned char*>(stream->states),
                                    stream->running, stream->smoothed, stream->started == 0, result);
    if (status == @N@_OK) {
        stream->started = 1;
    } else {  // the nodes' states now stand for a window that is not the one before the next
        memset(stream->states, 0, sizeof stream->states);
    }
    result->start = stream->rows - @N@_WINDOW_LENGTH;
    return status;
}

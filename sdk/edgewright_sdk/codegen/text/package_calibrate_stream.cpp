
int32_t @n@_stream_window(const @n@_stream* stream, float* window, size_t values) {
    if (stream == nullptr || window == nullptr || values != @N@_WINDOW_VALUES) return @N@_BAD_ARGUMENT;
    if (stream->rows < @N@_WINDOW_LENGTH) return @N@_MORE;
    int32_t next = stream->next;
    int32_t missing = 0;
    const ew_ring ring = {const_cast<float*>(stream->ring), @N@_WINDOW_LENGTH, @N@_AXES, @N@_STRIDE, &next, &missing};
    ew_ring_window(ring, window);
    return @N@_OK;
}

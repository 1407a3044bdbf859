
/* The stream's latest window, for @n@_calibrate_add. @N@_MORE before the first is complete. */
int32_t @n@_stream_window(const @n@_stream *stream, float *window, size_t values);

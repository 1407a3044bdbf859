        // The same window, row by row through the stream, must give the very same scores.
        @n@_result streamed;
        @n@_stream_reset(&stream);
        int32_t status = @N@_MORE;
        for (int32_t row = 0; row < @N@_WINDOW_LENGTH; ++row) {
            size_t used = 0;
            status = @n@_stream_push(&stream, values + row * @N@_AXES, 1, &used, &streamed);
        }
        if (status != @N@_OK || streamed.start != 0) ++stream_differs;
        for (int32_t o = 0; o < @N@_OUTPUTS && status == @N@_OK; ++o) {
            if (memcmp(&streamed.outputs[o].score, &result.outputs[o].score, sizeof(float)) != 0) ++stream_differs;
        }


/* A stream of samples: a window is due first after @N@_WINDOW_LENGTH rows, then every @N@_STRIDE. */
typedef struct @n@_stream {
    @n@_model *model;
    uint64_t rows;              /* taken so far */
    int32_t next;
    int32_t missing;
    int32_t started;            /* smoothing has a past */
    int32_t reserved;
    float smoothed[@histories@];
    float running[@running@]; /* means of standardised features, for drift */
    float ring[@values@];
    uint64_t states[@states@];
} @n@_stream;

int32_t @n@_stream_init(@n@_stream *stream, @n@_model *model);

/* Take up to `rows` rows of @N@_AXES values. Stops at a window: @N@_OK and a filled result, @N@_MORE when all were
 * taken without one; `*used` says how many were. Call again with the rest.
 *
 *   while (rows > 0) {
 *       size_t used;
 *       if (@n@_stream_push(&stream, samples, rows, &used, &result) == @N@_OK) { ... }
 *       samples += used * @N@_AXES;
 *       rows -= used;
 *   }
 */
int32_t @n@_stream_push(@n@_stream *stream, const float *samples, size_t rows, size_t *used, @n@_result *result);

/* Forget all samples, states and smoothing. */
int32_t @n@_stream_reset(@n@_stream *stream);


/* Pixels of a frame, row by row: red, green and blue; two bytes, the lower one first, red in the upper five bits; one
 * grey value; red, green, blue and an alpha that is left out. */
enum { @N@_RGB888 = 0, @N@_RGB565 = 1, @N@_GRAY8 = 2, @N@_RGBA8888 = 3 };

/* A frame of a camera, of any size: sides of 1 to 32767. */
typedef struct @n@_frame {
    const uint8_t *data;
    int32_t format;             /* @N@_RGB888, ... */
    int32_t width;
    int32_t height;
    int32_t stride;             /* bytes from one row's start to the next; 0: rows follow one another */
} @n@_frame;

/* Bring a frame to @width@ x @height@ (@fit@), as the training's images were, and run. */
int32_t @n@_run_frame(@n@_model *model, const @n@_frame *frame, @n@_result *result);

/* The same without running: what @n@_run takes. */
int32_t @n@_frame_window(@n@_model *model, const @n@_frame *frame, uint8_t *window, size_t values);

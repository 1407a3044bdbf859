
/* Commissioning: begin, add normal windows, commit, use; save the calibration and use it after the next start.
 *
 *   static @n@_commissioning work;
 *   @n@_calibrate_begin(&work);
 *   while (work.count < @N@_CALIBRATION_WINDOWS) @n@_calibrate_add(&model, &work, window, @N@_WINDOW_VALUES);
 *   if (@n@_calibrate_commit(&model, &work) == @N@_OK) @n@_calibrate_use(&model, &work.result);
 *
 * The model computes with the calibration where it lies: it must stay there, unchanged, while it is in use. */
int32_t @n@_calibrate_begin(@n@_commissioning *work);

/* Keep one window. @N@_NO_MEMORY when @N@_CALIBRATION_WINDOWS are there. */
int32_t @n@_calibrate_add(@n@_model *model, @n@_commissioning *work, const @ctype@ *window, size_t values);

/* Fit scaler, scores and threshold. @N@_TOO_FEW below @N@_CALIBRATION_LEAST windows, @N@_CONSTANT where a feature stands
 * still that varied in training: after either, more windows can be added. Each window's score is computed with the
 * scaler of all others, so that it counts as unseen. */
int32_t @n@_calibrate_commit(@n@_model *model, @n@_commissioning *work);

/* Use a calibration: its scalers and p-values, and its thresholds until others are set. Null: as trained.
 * @N@_DAMAGED when it is of another package or its bytes changed; the model is then as before. */
int32_t @n@_calibrate_use(@n@_model *model, const @n@_calibration *calibration);

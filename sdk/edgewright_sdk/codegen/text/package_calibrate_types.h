/* Commissioning: what normal windows of a new place, or of one machine, say of the scaler of each anomaly node, of its
 * scores and its threshold. Plain bytes without padding: save sizeof(@n@_calibration) of them, load them as they are. */
#define @N@_CALIBRATION_WINDOWS @windows@ /* so many are kept at most */
#define @N@_CALIBRATION_LEAST @least@ /* so many are needed */

typedef struct @n@_calibration {
    uint32_t format;            /* 1 */
    uint32_t checksum;          /* CRC-32 of all that follows */
    uint32_t bytes;             /* sizeof(@n@_calibration) */
    int32_t windows;            /* how many it was made of */
    char build_id[32];
    float thresholds[@calibrated@];      /* by anomaly output, in order */
    float scores[@scores@];         /* of each, `windows` of them, ascending: from them come p-values */
    float scalers[@scalers@];        /* of each, where it standardises: means, then scales */
} @n@_calibration;

/* Working memory while windows are collected; when done, only `result` is needed. */
typedef struct @n@_commissioning {
    @n@_calibration result;
    int32_t count;              /* windows added */
    int32_t constant_output;    /* of @N@_CONSTANT: where, and which feature (@n@_contribution_label) */
    int32_t constant_feature;
    float rows[@rows@];
    float scaler[@widest@];
} @n@_commissioning;


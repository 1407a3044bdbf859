// SPDX-License-Identifier: 0BSD
// What a platform gives to an application, by the names that applications for Edge Impulse's C++ API use.
#ifndef EDGEWRIGHT_EI_PORTING_H
#define EDGEWRIGHT_EI_PORTING_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    EI_IMPULSE_OK = 0,
    EI_IMPULSE_ERROR_SHAPES_DONT_MATCH = -1,
    EI_IMPULSE_CANCELED = -2,
    EI_IMPULSE_TFLITE_ERROR = -3,
    EI_IMPULSE_DSP_ERROR = -5,
    EI_IMPULSE_TFLITE_ARENA_ALLOC_FAILED = -6,
    EI_IMPULSE_CUBEAI_ERROR = -7,
    EI_IMPULSE_ALLOC_FAILED = -8,
    EI_IMPULSE_ONLY_SUPPORTED_FOR_IMAGES = -9,
    EI_IMPULSE_UNSUPPORTED_INFERENCING_ENGINE = -10,
    EI_IMPULSE_OUT_OF_MEMORY = -11,
    EI_IMPULSE_INPUT_TENSOR_WAS_NULL = -13,
    EI_IMPULSE_OUTPUT_TENSOR_WAS_NULL = -14,
    EI_IMPULSE_SCORE_TENSOR_WAS_NULL = -15,
    EI_IMPULSE_LABEL_TENSOR_WAS_NULL = -16,
    EI_IMPULSE_TENSORRT_INIT_FAILED = -17,
    EI_IMPULSE_INFERENCE_ERROR = -22
} EI_IMPULSE_ERROR;

#if defined(__cplusplus) && defined(EI_C_LINKAGE) && EI_C_LINKAGE == 1
extern "C" {
#endif

EI_IMPULSE_ERROR ei_run_impulse_check_canceled(void);
EI_IMPULSE_ERROR ei_sleep(int32_t time_ms);
uint64_t ei_read_timer_ms(void);
uint64_t ei_read_timer_us(void);
void ei_printf(const char* format, ...);
void ei_printf_float(float f);
void ei_putchar(char c);
char ei_getchar(void);
void* ei_malloc(size_t size);
void* ei_calloc(size_t nitems, size_t size);
void ei_free(void* ptr);

#if defined(__cplusplus) && defined(EI_C_LINKAGE) && EI_C_LINKAGE == 1
}
#endif

#endif

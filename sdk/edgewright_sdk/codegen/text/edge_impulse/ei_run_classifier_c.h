// SPDX-License-Identifier: 0BSD
// The classifier for applications in C.
#ifndef EDGEWRIGHT_EI_RUN_CLASSIFIER_C_H
#define EDGEWRIGHT_EI_RUN_CLASSIFIER_C_H

#ifdef __cplusplus
#include "ei_compat.h"

inline EI_IMPULSE_ERROR ei_run_classifier(ei::signal_t* signal, ei_impulse_result_t* result, bool debug = false) {
    return run_classifier(signal, result, debug);
}
#else
#include "ei_types.h"

EI_IMPULSE_ERROR ei_run_classifier(signal_t* signal, ei_impulse_result_t* result, bool debug);
#endif

#endif

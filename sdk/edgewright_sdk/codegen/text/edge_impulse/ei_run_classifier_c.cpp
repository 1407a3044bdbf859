// SPDX-License-Identifier: 0BSD
// The classifier under C's name, with C's signal.
#include "ei_compat.h"

namespace {

// What signal_t is in C, whatever it is here.
struct plain_signal {
    int (*get_data)(size_t offset, size_t length, float* out);
    size_t total_length;
};

}  // namespace

extern "C" EI_IMPULSE_ERROR ei_run_classifier(plain_signal* signal, ei_impulse_result_t* result, bool debug) {
    if (signal == nullptr || signal->get_data == nullptr) return EI_IMPULSE_ERROR_SHAPES_DONT_MATCH;
    ei::signal_t given;
    given.total_length = signal->total_length;
    given.get_data = signal->get_data;
    return run_classifier(&given, result, debug);
}

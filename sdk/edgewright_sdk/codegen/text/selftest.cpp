// SPDX-License-Identifier: 0BSD
// Self-test of @name@: compares this library with what Python computed for the same windows, and prints JSON.
// On a board: send printf to the UART, and for the time of a window define EW_SELFTEST_TICKS (a counter of 32 bits, such as
// micros() or DWT->CYCCNT) and EW_SELFTEST_TICKS_PER_SECOND, by -include where that takes a header.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "@n@.h"
#include "selftest_data.h"

namespace {

struct comparison {
    double largest = 0.0;
    int beyond = 0;

    void add(double device, double python, double absolute, double relative) {
        double difference = fabs(device - python);
        if (!(difference < 1e300)) difference = 1e300;  // NaN, which JSON hasn't
        if (difference > largest) largest = difference;
        if (!(difference <= absolute + relative * fabs(python))) ++beyond;
    }
};

void print(const char* id, const char* what, const comparison& c, double absolute, double relative) {
    printf("\"%s\": {\"output\": \"%s\", \"largest_difference\": %.9g, \"beyond_tolerance\": %d, "
           "\"tolerance\": {\"absolute\": %.9g, \"relative\": %.9g}}",
           id, what, c.largest, c.beyond, absolute, relative);
}

unsigned char memory[@N@_ARENA_BYTES];
float device_features[most_features];
@stream_storage@
}  // namespace

int main() {
    @n@_model model;
    @n@_result result;
    int failures = 0;
    if (@n@_init(&model, memory, sizeof memory) != @N@_OK) return 2;
@stream_init@
    printf("{\"build_id\": \"%s\", \"windows\": %d, \"arena_bytes\": %d, \"stream_bytes\": %d, \"nodes\": {",
           @n@_build_id(), static_cast<int>(windows), static_cast<int>(@N@_ARENA_BYTES), @stream_bytes@);
    const char* comma = "";
    for (int32_t node = 0; node < @N@_FEATURE_NODES; ++node) {
        comparison c;
        for (int32_t w = 0; w < windows; ++w) {
            size_t count = 0;
            const int32_t status = @n@_features(&model, node, window + w * @N@_WINDOW_VALUES, @N@_WINDOW_VALUES,
                                              device_features, most_features, &count);
            if (status != @N@_OK) return 3;
            for (size_t i = 0; i < count; ++i) {
                c.add(static_cast<double>(device_features[i]),
                      static_cast<double>(features[node][static_cast<size_t>(w) * count + i]),
                      feature_tolerance[node][0], feature_tolerance[node][1]);
            }
        }
        printf("%s", comma);
        print(feature_ids[node], "features", c, feature_tolerance[node][0], feature_tolerance[node][1]);
        comma = ", ";
        failures += c.beyond;
    }

    comparison scores[@N@_OUTPUTS + 1];
    int p_beyond = 0;
    int stream_differs = 0;
    int decisions_beyond = 0;
#ifdef EW_SELFTEST_TICKS
    uint64_t ticks = 0;
#endif
    static char differing[(@N@_OUTPUTS + 1) * (windows + 1)];
    static float device_scores[(@N@_OUTPUTS + 1) * (windows + 1)];
    for (int32_t w = 0; w < windows; ++w) {
        const @ctype@* const values = window + w * @N@_WINDOW_VALUES;
#ifdef EW_SELFTEST_TICKS
        const uint32_t before = static_cast<uint32_t>(EW_SELFTEST_TICKS);
#endif
        if (@n@_run(&model, values, @N@_WINDOW_VALUES, &result) != @N@_OK) return 3;
#ifdef EW_SELFTEST_TICKS
        ticks += static_cast<uint32_t>(static_cast<uint32_t>(EW_SELFTEST_TICKS) - before);
#endif
        for (int32_t o = 0; o < @N@_OUTPUTS; ++o) {
            if (!compared[o]) continue;
            const expectation& e = expected[o][w];
            const @n@_output& got = result.outputs[o];
            const float* const classes = probabilities[o];
            const int32_t values_compared = classes == nullptr ? 1 : got.class_count;
            for (int32_t i = 0; i < values_compared; ++i) {
                const float device = classes == nullptr ? got.score : got.class_scores[i];
                const float python = classes == nullptr ? e.score : classes[w * got.class_count + i];
                scores[o].add(static_cast<double>(device), static_cast<double>(python), score_tolerance[o][0],
                              score_tolerance[o][1]);
            }
            if (got.p_value < e.p_lowest || got.p_value > e.p_highest) ++p_beyond;
            device_scores[o * windows + w] = got.score;
            if (got.decision == e.decision) continue;
            // What the score was weighed against: the threshold, or the class that the device prefers.
            const bool other_class = classes != nullptr && got.decision >= 0;
            const float rival = other_class ? classes[w * got.class_count + got.decision] : got.threshold;
            const double margin = fabs(static_cast<double>(e.score) - static_cast<double>(rival));
            const double allowed = (other_class ? 2.0 : 1.0) * (score_tolerance[o][0] + score_tolerance[o][1] *
                                                                fabs(static_cast<double>(e.score)));
            differing[o * windows + w] = margin <= allowed ? 1 : 2;
            if (margin > allowed) ++decisions_beyond;
        }
@stream_check@    }
    for (int32_t o = 0; o < @N@_OUTPUTS; ++o) {
        if (!compared[o]) continue;
        printf("%s", comma);
        print(@n@_output_name(o), probabilities[o] == nullptr ? "scores" : "probabilities", scores[o], score_tolerance[o][0], score_tolerance[o][1]);
        comma = ", ";
        failures += scores[o].beyond;
    }
    printf("}, \"p_values_beyond_tolerance\": %d, \"stream_differs\": %d, \"decisions_differ\": [", p_beyond,
           stream_differs);
    comma = "";
    for (int32_t o = 0; o < @N@_OUTPUTS; ++o) {
        for (int32_t w = 0; w < windows; ++w) {
            if (differing[o * windows + w] == 0) continue;
            printf("%s{\"node\": \"%s\", \"window\": %d, \"device_score\": %.9g, \"python_score\": %.9g, "
                   "\"threshold\": %.9g, \"within_tolerance\": %s}",
                   comma, @n@_output_name(o), static_cast<int>(w), static_cast<double>(device_scores[o * windows + w]),
                   static_cast<double>(expected[o][w].score), static_cast<double>(@n@_get_threshold(&model, o)),
                   differing[o * windows + w] == 1 ? "true" : "false");
            comma = ", ";
        }
    }
    failures += p_beyond + stream_differs + decisions_beyond;
    printf("], ");
#ifdef EW_SELFTEST_TICKS
    printf("\"microseconds\": %.9g, ", 1e6 * static_cast<double>(ticks) / windows / static_cast<double>(EW_SELFTEST_TICKS_PER_SECOND));
#endif
    printf("\"ok\": %s}\n", failures == 0 ? "true" : "false");
    return failures == 0 ? 0 : 1;
}

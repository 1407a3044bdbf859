// SPDX-License-Identifier: 0BSD
#include "scoring.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

impulse::model model;

namespace {

unsigned char memory[IMPULSE_ARENA_BYTES];
text line;

bool print(const text& one, const impulse::result&) {
    return fwrite(one.data, 1, one.length, stdout) == one.length && fflush(stdout) == 0;
}

void add_anomaly(text& out, int32_t number, const impulse::output& from) {
    out.add("\"score\": ");
    out.add_number(from.score);
    if (from.p_value >= 0.0f) {
        out.add(", \"p\": ");
        out.add_number(from.p_value);
    }
    out.addf(", \"anomalous\": %s, \"threshold\": ", from.decision == 1 ? "true" : "false");
    out.add_number(from.threshold);
    if (from.smoothed < from.score || from.smoothed > from.score) {
        out.add(", \"smoothed\": ");
        out.add_number(from.smoothed);
    }
    out.add(", \"contributions\": [");
    for (int32_t i = 0; i < from.contribution_count; ++i) {
        out.add(i > 0 ? ", [" : "[");
        out.add_string(impulse::contribution_label(number, from.contributions[i].feature));
        out.add(", ");
        out.add_number(from.contributions[i].value);
        out.add("]");
    }
    out.add("]");
    if (from.drift >= 0.0f) {
        out.add(", \"drift\": ");
        out.add_number(from.drift);
        out.addf(", \"drifting\": %s", from.drifting == 1 ? "true" : "false");
    }
}

void add_classes(text& out, int32_t number, const impulse::output& from) {
    const char* const name = from.decision >= 0 ? impulse::class_label(number, from.decision) : nullptr;
    out.add("\"class\": ");
    if (name == nullptr) {
        out.add("null");  // none reaches the class threshold
    } else {
        out.add_string(name);
    }
    out.add(", \"probability\": ");
    out.add_number(from.score);
    out.add(", \"probabilities\": {");
    for (int32_t i = 0; i < from.class_count; ++i) {
        if (i > 0) out.add(", ");
        out.add_string(impulse::class_label(number, i));
        out.add(": ");
        out.add_number(from.class_scores[i]);
    }
    out.add("}");
}

}  // namespace

bool (*deliver)(const text&, const impulse::result&) = print;

bool start_model() { return impulse::init(&model, memory, sizeof memory) == impulse::ok; }

bool set_threshold(const char* setting) {
    const char* const equals = strrchr(setting, '=');
    char* end = nullptr;
    const float value = equals == nullptr ? 0.0f : strtof(equals + 1, &end);
    if (equals == nullptr || end == equals + 1 || *end != 0 || !isfinite(value)) {
        return complain("--threshold", "got %s; write NODE=NUMBER, such as %s=1.5", setting, impulse::output_name(0));
    }
    const size_t length = static_cast<size_t>(equals - setting);
    for (int32_t i = 0; i < impulse::outputs; ++i) {
        const char* const name = impulse::output_name(i);
        if (strlen(name) != length || strncmp(name, setting, length) != 0) continue;
        return impulse::set_threshold(&model, i, value) == impulse::ok;
    }
    text known;
    for (int32_t i = 0; i < impulse::outputs; ++i) known.addf("%s%s", i > 0 ? ", " : "", impulse::output_name(i));
    return complain("--threshold", "there is no node %.*s; there are %s", static_cast<int>(length), setting,
                    known.length > 0 ? known.data : "none");
}

void add_nodes(text& out, const impulse::result& result) {
    out.add("{");
    for (int32_t i = 0; i < result.output_count; ++i) {
        const impulse::output& from = result.outputs[i];
        if (i > 0) out.add(", ");
        out.add_string(impulse::output_name(i));
        out.add(": {");
        if (from.kind == impulse::anomaly) {
            add_anomaly(out, i, from);
        } else if (from.kind == impulse::classification) {
            add_classes(out, i, from);
        } else {
            out.add("\"value\": ");
            out.add_number(from.score);
        }
        out.add("}");
    }
    out.add("}");
}

bool print_line(const char* sample, const impulse::result& result, bool timed) {
    line.clear();
    line.add("{\"sample\": ");
    line.add_string(sample);
    if (timed) {
        line.addf(", \"start\": %llu", static_cast<unsigned long long>(result.start));
        if (impulse::frequency > 0.0) line.addf(", \"time\": %.6g", static_cast<double>(result.start) / impulse::frequency);
    }
    line.add(", \"decision\": {\"label\": ");
    line.add_string(impulse::label(&result));
    line.addf(", \"anomalous\": %s}, \"nodes\": ", result.decision == 1 ? "true" : "false");
    add_nodes(line, result);
    line.addf(", \"build_id\": \"%s\"}\n", result.build_id);
    return deliver(line, result);
}

#if !IMPULSE_IMAGE

uint64_t windows_done;
uint64_t rows_done;

namespace {
impulse::stream stream;
}

void begin_recording() {
    impulse::stream_init(&stream, &model);
    windows_done = rows_done = 0;
}

bool push_rows(const char* sample, const float* rows, size_t count) {
    if (impulse::whole && windows_done > 0) {  // of a longer recording the rest isn't looked at
        rows_done += count;
        return true;
    }
    while (count > 0) {
        size_t used = 0;
        impulse::result result;
        const int32_t status = impulse::stream_push(&stream, rows, count, &used, &result);
        rows += used * impulse::axes;
        count -= used;
        rows_done += used;
        if (status == impulse::more) continue;
        ++windows_done;
        if (status == impulse::ok) {
            if (!print_line(sample, result, true)) return false;
        } else {
            complain(sample, "window of row %llu: %s", static_cast<unsigned long long>(rows_done - impulse::window_length),
                     impulse::status_text(status));
        }
    }
    return true;
}

bool end_recording(const char* sample) {
    const uint64_t own = rows_done;
    const float zeros[impulse::axes] = {};
    while (impulse::whole && windows_done == 0 && own > 0) {
        if (!push_rows(sample, zeros, 1)) return false;
    }
    if (windows_done > 0) return true;
    return complain(sample, "%llu rows; a window has %d", static_cast<unsigned long long>(own), static_cast<int>(impulse::window_length));
}

#endif

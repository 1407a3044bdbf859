"""The C header of a package: names, sizes and types that an application sees. C99 and C++."""

from __future__ import annotations

from string import Template

from edgewright_sdk.codegen.graph import Graph, Step
from edgewright_sdk.codegen.literals import float_literal

_HEADER = Template("""\
/* SPDX-License-Identifier: 0BSD
 *
 * $name: generated from build $build_id. C99 and C++17; nothing here allocates memory.
 *
 *   static unsigned char memory[${N}_ARENA_BYTES];
 *   ${n}_model model;
 *   ${n}_result result;
 *   ${n}_init(&model, memory, sizeof memory);
 *   if (${n}_run(&model, window, ${N}_WINDOW_VALUES, &result) == ${N}_OK) { ... result.outputs[0].score ... }
 */
#ifndef ${N}_EDGEWRIGHT_H
#define ${N}_EDGEWRIGHT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ${N}_BUILD_ID "$build_id"
#define ${N}_ARENA_BYTES $arena_bytes /* working memory; any alignment */
$sizes
#define ${N}_FEATURE_NODES $processing /* processing nodes: see ${n}_features */
#define ${N}_OUTPUTS $outputs /* learning nodes: entries of a result */
#define ${N}_TOP 3 /* contributions kept of each output */

/* What functions return. Negative: an error, and the result isn't filled. */
enum {
    ${N}_OK = 0,
    ${N}_MORE = 1, /* a stream: the next window isn't complete yet */
    ${N}_BAD_ARGUMENT = -1, /* null, a wrong number of values, an index out of range */
    ${N}_NO_MEMORY = -2, /* the arena is smaller than ${N}_ARENA_BYTES */
    ${N}_NOT_FINITE = -3, /* NaN or infinity in the window or in a score */
    ${N}_INTERNAL = -4
};

/* What an output is. */
enum { ${N}_ANOMALY = 0, ${N}_CLASSIFICATION = 1, ${N}_REGRESSION = 2 };

/* Nodes. */
enum {
$nodes
};

/* Part of a score that one feature makes; names by ${n}_contribution_label. */
typedef struct ${n}_contribution {
    int32_t feature;
    float value;
} ${n}_contribution;

/* What one learning node says. Pointers are into the arena: valid until the next call with it. */
typedef struct ${n}_output {
    int32_t kind;               /* ${N}_ANOMALY, ... */
    int32_t decision;           /* anomaly: 1 anomalous, 0 normal; classification: class, -1: none reaches the threshold */
    float score;                /* anomaly: unclamped, higher = more anomalous; classification: of the best class */
    float smoothed;             /* what is compared with the threshold; the score itself without smoothing */
    float threshold;
    float p_value;              /* share of normal windows at least as extreme; -1 when unknown */
    int32_t contribution_count; /* entries of contributions, largest first */
    ${n}_contribution contributions[${N}_TOP];
    int32_t class_count;
    const float *class_scores;  /* class_count values, or null */
    int32_t map_height;
    int32_t map_width;
    const float *map;           /* map_height rows of map_width scores, or null */
} ${n}_output;

typedef struct ${n}_result {
    int32_t status;             /* what the call returned */
    int32_t decision;           /* 1 when any output of kind anomaly is anomalous */
    int32_t output_count;       /* ${N}_OUTPUTS */
    uint32_t reserved;
    uint64_t start;             /* row of the stream at which the window starts; 0 in one-shot calls */
    const char *build_id;
    ${n}_output outputs[$output_slots];
} ${n}_result;

/* Settings and working memory. One model serves any number of streams, one call at a time. */
typedef struct ${n}_model {
    unsigned char *arena;
    float threshold[$output_slots];
    float smoothing[$output_slots]; /* weight of the past, 0 (off) to below 1; streams only */
} ${n}_model;

/* `arena` is ${N}_ARENA_BYTES (or more) that the model may write until it is no longer used. */
int32_t ${n}_init(${n}_model *model, void *arena, size_t arena_bytes);

float ${n}_get_threshold(const ${n}_model *model, int32_t output);
int32_t ${n}_set_threshold(${n}_model *model, int32_t output, float threshold);
float ${n}_get_smoothing(const ${n}_model *model, int32_t output);
int32_t ${n}_set_smoothing(${n}_model *model, int32_t output, float smoothing);

/* One window: $window_text. */
int32_t ${n}_run(${n}_model *model, const $ctype *window, size_t values, ${n}_result *result);

/* The features of one window at a processing node (${N}_FEATURES_...), for tests and for looking inside. */
int32_t ${n}_features(${n}_model *model, int32_t node, const $ctype *window, size_t values, float *features,
    size_t capacity, size_t *count);
$stream
/* Names. Null for an index out of range. */
const char *${n}_build_id(void);
const char *${n}_axis_name(int32_t axis);
const char *${n}_output_name(int32_t output);
const char *${n}_class_label(int32_t output, int32_t class_index);
const char *${n}_contribution_label(int32_t output, int32_t feature);
const char *${n}_feature_label(int32_t node, int32_t feature);
const char *${n}_status_text(int32_t status);

#ifdef __cplusplus
}
#endif

#endif
""")

_STREAM = Template("""
/* A stream of samples: a window is due first after ${N}_WINDOW_LENGTH rows, then every ${N}_STRIDE. */
typedef struct ${n}_stream {
    ${n}_model *model;
    uint64_t rows;              /* taken so far */
    int32_t next;
    int32_t missing;
    int32_t started;            /* smoothing has a past */
    int32_t reserved;
    float smoothed[$histories];
    float ring[$values];
    uint64_t states[$states];
} ${n}_stream;

int32_t ${n}_stream_init(${n}_stream *stream, ${n}_model *model);

/* Take up to `rows` rows of ${N}_AXES values. Stops at a window: ${N}_OK and a filled result, ${N}_MORE when all were
 * taken without one; `*used` says how many were. Call again with the rest.
 *
 *   while (rows > 0) {
 *       size_t used;
 *       if (${n}_stream_push(&stream, samples, rows, &used, &result) == ${N}_OK) { ... }
 *       samples += used * ${N}_AXES;
 *       rows -= used;
 *   }
 */
int32_t ${n}_stream_push(${n}_stream *stream, const float *samples, size_t rows, size_t *used, ${n}_result *result);

/* Forget all samples, states and smoothing. */
int32_t ${n}_stream_reset(${n}_stream *stream);
""")


def arena_bytes(graph: Graph) -> int:
    """Size of the arena that the caller gives: the plan, and what aligning a buffer can cost."""
    return graph.plan.size + 16


def c_header(graph: Graph) -> str:
    """Write ``<name>.h``."""
    n, upper = graph.name, graph.name.upper()
    values = graph.window_port.count
    shape = " * ".join(map(str, graph.shape))
    if graph.image:
        sizes = [("WIDTH", graph.shape[1]), ("HEIGHT", graph.shape[0]), ("CHANNELS", graph.shape[2])]
        text = f"{shape} bytes, rows of pixels"
    else:
        sizes = [("WINDOW_LENGTH", graph.shape[0]), ("AXES", graph.shape[1]), ("STRIDE", graph.stride)]
        text = f"{graph.shape[0]} rows of {graph.shape[1]} values ({', '.join(graph.window['axes'])})"
    lines = [f"#define {upper}_{name} {value}" for name, value in [*sizes, ("WINDOW_VALUES", values)]]
    frequency = graph.window.get("frequency")
    if frequency and not graph.image:
        lines.append(f"#define {upper}_FREQUENCY {float_literal(frequency)} /* Hz */")
    slots = max(len(graph.learning), 1)
    stream = ""
    if not graph.image:
        stream = _STREAM.substitute(
            n=n,
            N=upper,
            values=values,
            histories=max(graph.histories[1], 1),
            states=max(graph.states[1] // 8, 1),
        )
    return _HEADER.substitute(
        name=comment_text(str(graph.document["name"])),
        n=n,
        N=upper,
        build_id=graph.build_id,
        arena_bytes=arena_bytes(graph),
        sizes="\n".join(lines),
        processing=len(graph.processing),
        outputs=len(graph.learning),
        nodes=",\n".join(_node_names(graph, upper)),
        output_slots=slots,
        window_text=comment_text(text),
        ctype="uint8_t" if graph.image else "float",
        stream=stream,
    )


def comment_text(text: str) -> str:
    """Text that can stand in a C comment."""
    return text.encode("ascii", "replace").decode().replace("*/", "* /").replace("\\", "/").replace("\n", " ")


def _node_names(graph: Graph, upper: str) -> list[str]:
    def unique(steps: list[Step], kind: str) -> list[str]:
        names: dict[str, int] = {}
        for i, step in enumerate(steps):
            name = f"{upper}_{kind}_{_upper_id(step)}"
            names[name if name not in names else f"{name}_{i}"] = i
        return [f"    {name} = {i}" for name, i in names.items()]

    return unique(graph.processing, "FEATURES") + unique(graph.learning, "OUTPUT") or [
        "    " + upper + "_NO_NODES = 0"
    ]


def _upper_id(step: Step) -> str:
    return step.identifier.split("_", 1)[1].upper()

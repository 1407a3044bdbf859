"""A package under the paths and names of Edge Impulse's C++ library, for applications that were written for it.

Names and redirections only: what computes are the same sources as in every package.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from edgewright_sdk.codegen.header import comment_text
from edgewright_sdk.codegen.literals import string_literal
from edgewright_sdk.codegen.package import library_files
from edgewright_sdk.codegen.tables import threshold_of
from edgewright_sdk.codegen.templates import fill

if TYPE_CHECKING:
    from edgewright_sdk.codegen.graph import Graph

LIBRARY: Final = "tflite-model"
LICENSE: Final = "// SPDX-License-Identifier: 0BSD\n"
#: Where applications include what -> the header of ours that it is.
REDIRECTED: Final = {
    "edge-impulse-sdk/classifier/ei_run_classifier.h": "ei_compat.h",
    "edge-impulse-sdk/classifier/ei_run_classifier_c.h": "ei_run_classifier_c.h",
    "edge-impulse-sdk/classifier/ei_run_dsp.h": "ei_compat.h",
    "edge-impulse-sdk/classifier/ei_classifier_smooth.h": "ei_smooth.h",
    "edge-impulse-sdk/classifier/ei_classifier_types.h": "ei_types.h",
    "edge-impulse-sdk/classifier/ei_model_types.h": "ei_types.h",
    "edge-impulse-sdk/dsp/numpy.hpp": "ei_compat.h",
    "edge-impulse-sdk/dsp/numpy_types.h": "ei_compat.h",
    "edge-impulse-sdk/dsp/image/image.hpp": "ei_image.h",
    "edge-impulse-sdk/dsp/image/processing.hpp": "ei_image.h",
    "edge-impulse-sdk/porting/ei_classifier_porting.h": "ei_porting.h",
    "model-parameters/model_variables.h": "ei_compat.h",
}
HEADERS: Final = (
    "ei_compat.h",
    "ei_image.h",
    "ei_porting.h",
    "ei_run_classifier_c.h",
    "ei_smooth.h",
    "ei_types.h",
)
#: Sources that build files name outright, beside those that they look for: nothing of what they held is needed.
EMPTY_SOURCES: Final = ("edge-impulse-sdk/tensorflow/lite/c/common.c",)
#: Sensors by their numbers.
SENSORS: Final = {
    "unknown": -1,
    "microphone": 1,
    "accelerometer": 2,
    "camera": 3,
    "9dof": 4,
    "environmental": 5,
    "fusion": 6,
}
#: How images are made to fit, by number and name.
RESIZE: Final = {
    "fit-shortest": (1, "FIT_SHORTEST"),
    "fit-longest": (2, "FIT_LONGEST"),
    "squash": (3, "SQUASH"),
}
#: Kinds of anomaly models by their numbers.
KMEANS, GMM, VISUAL = 1, 2, 3
SLICES: Final = 4
MAX_CELLS: Final = 1024
AUDIBLE_HZ: Final = 4000


def edge_impulse_files(graph: Graph) -> dict[str, str]:
    """Text of ``edge-impulse-sdk/``, ``model-parameters/`` and ``tflite-model/``, by relative path.

    Makefiles of such applications compile ``tflite-model/*.cpp`` but no folder below it, others all of it: so every source
    becomes a unit at the top that includes the text below.
    """
    files: dict[str, str] = {}
    for name, text in {**library_files(graph), **_c_binding()}.items():
        path = PurePosixPath(name)
        if path.suffix == ".cpp":
            files[f"{LIBRARY}/{path.with_suffix('.inc')}"] = text
            unit = f"{LIBRARY}/{'_'.join(path.parts)}"
            files[unit] = f'{LICENSE}#include "{path.with_suffix(".inc")}"\n'
        else:
            files[f"{LIBRARY}/{name}"] = text
    files |= _headers(graph, f"{LIBRARY}/")
    for name in EMPTY_SOURCES:
        files[name] = f"{LICENSE}typedef int edgewright_has_no_need_of_this;\n"
    porting = fill("edge_impulse/ei_porting.cpp", porting="../ei_classifier_porting.h")
    files["edge-impulse-sdk/porting/posix/ei_classifier_porting.cpp"] = porting
    files["edge-impulse-sdk/cmake/utils.cmake"] = fill("edge_impulse/utils.cmake")
    files["edge-impulse-sdk/README.md"] = fill("edge_impulse/README.md", **_values(graph))
    return dict(sorted(files.items()))


def drop_in_files(graph: Graph) -> dict[str, str]:
    """Text of what lies beside the library in ``src/``, where that is the only include path: as in an Arduino library.

    Sketches include ``<name>_inferencing.h``, by the impulse's own name or by that of the library.
    """
    files = {**_headers(graph, ""), **_c_binding()}
    files["edgewright/ei_porting.cpp"] = fill("edge_impulse/ei_porting.cpp", porting="ei_porting.h")
    own = re.sub(r"[^A-Za-z0-9_-]+", "_", str(graph.document["name"])) or graph.name
    for name in (graph.name, own):
        files[f"{name}_inferencing.h"] = fill("edge_impulse/inferencing.h", **_values(graph))
    return dict(sorted(files.items()))


def _headers(graph: Graph, library: str) -> dict[str, str]:
    """Our headers below the library's folder, and their names' redirections to them."""
    values = _values(graph)
    files = {f"{library}edgewright/{name}": fill(f"edge_impulse/{name}", **values) for name in HEADERS}
    # The metadata stand where scripts read them as text.
    metadata = "model-parameters/model_metadata.h"
    files[metadata] = metadata_header(graph)
    up = "../" * (1 + library.count("/"))
    files[f"{library}edgewright/ei_metadata.h"] = _redirection(f"{up}{metadata}")
    for name, header in REDIRECTED.items():
        up = "../" * (len(PurePosixPath(name).parts) - 1)
        files[name] = _redirection(f"{up}{library}edgewright/{header}")
    return files


def _c_binding() -> dict[str, str]:
    name = "ei_run_classifier_c.cpp"
    return {f"edgewright/{name}": fill(f"edge_impulse/{name}")}


def _redirection(header: str) -> str:
    return f'{LICENSE}#pragma once\n#include "{header}"\n'


def class_names(graph: Graph) -> list[str]:
    """Labels of the result's classification: those of the first classifier, or one for a regression."""
    for step in graph.learning:
        if step.entry["kind"] == "classification":
            return step.classes
        if step.entry["kind"] == "regression":
            return ["value"]
    return []


def metadata_header(graph: Graph) -> str:
    """Write the ``EI_CLASSIFIER_…`` macros."""
    lines = [f"#define {name} {value}" for name, value in _macros(graph).items()]
    slices = [
        "#ifndef EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW",
        f"#define EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW {SLICES}",
        "#endif",
        "#define EI_CLASSIFIER_SLICE_SIZE (EI_CLASSIFIER_RAW_SAMPLE_COUNT / EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW)",
    ]
    head = f"{LICENSE}// {comment_text(str(graph.document['name']))}, build {graph.build_id}.\n"
    guard = "EDGEWRIGHT_EI_METADATA_H"
    body = "\n".join([*lines, *slices])
    return f"{head}#ifndef {guard}\n#define {guard}\n\n{body}\n\n#endif\n"


def _macros(graph: Graph) -> dict[str, str]:
    window, image = graph.window, graph.image
    frequency = float(window.get("frequency") or 0)
    height, width = graph.shape[:2] if image else (0, 0)
    rows, columns = (height * width, 1) if image else graph.shape[:2]
    anomaly = _anomaly(graph)
    sensor = SENSORS[sensor_of(graph.window)]
    axes = [] if image else [str(axis) for axis in window["axes"]]
    features = sum(step.node.outputs[0].count for step in graph.processing)
    numbers: dict[str, int | float | str] = {
        "EI_CLASSIFIER_PROJECT_ID": 1,
        "EI_CLASSIFIER_PROJECT_OWNER": string_literal("Edgewright"),
        "EI_CLASSIFIER_PROJECT_NAME": string_literal(str(graph.document["name"])),
        "EI_CLASSIFIER_PROJECT_DEPLOY_VERSION": 1,
        "EI_CLASSIFIER_NN_INPUT_FRAME_SIZE": features,
        "EI_CLASSIFIER_RAW_SAMPLE_COUNT": rows,
        "EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME": columns,
        "EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE": rows * columns,
        "EI_CLASSIFIER_INPUT_WIDTH": width,
        "EI_CLASSIFIER_INPUT_HEIGHT": height,
        "EI_CLASSIFIER_INPUT_FRAMES": 1 if image else 0,
        "EI_CLASSIFIER_RESIZE_NONE": 0,
        **{f"EI_CLASSIFIER_RESIZE_{name}": number for number, name in RESIZE.values()},
        "EI_CLASSIFIER_RESIZE_MODE": RESIZE[str(window.get("resize") or "squash")][0] if image else 0,
        "EI_CLASSIFIER_INTERVAL_MS": _number(1000.0 / frequency if frequency else 1.0),
        "EI_CLASSIFIER_FREQUENCY": _number(frequency),
        "EI_CLASSIFIER_LABEL_COUNT": len(class_names(graph)),
        "EI_CLASSIFIER_NN_OUTPUT_COUNT": len(class_names(graph)),
        "EI_CLASSIFIER_THRESHOLD": _number(_class_threshold(graph)),
        "EI_ANOMALY_TYPE_UNKNOWN": 0,
        "EI_ANOMALY_TYPE_KMEANS": KMEANS,
        "EI_ANOMALY_TYPE_GMM": GMM,
        "EI_ANOMALY_TYPE_VISUAL_GMM": VISUAL,
        "EI_CLASSIFIER_HAS_ANOMALY": anomaly,
        "EI_CLASSIFIER_HAS_ANOMALY_KMEANS": int(anomaly == KMEANS),
        "EI_CLASSIFIER_HAS_ANOMALY_GMM": int(anomaly == GMM),
        "EI_CLASSIFIER_HAS_VISUAL_ANOMALY": int(anomaly == VISUAL),
        "EI_CLASSIFIER_VISUAL_AD_CELLS": _cells(graph),
        "EI_CLASSIFIER_OBJECT_DETECTION": 0,
        "EI_CLASSIFIER_OBJECT_DETECTION_COUNT": 0,
        "EI_CLASSIFIER_OBJECT_TRACKING_ENABLED": 0,
        "EI_CLASSIFIER_FREEFORM_OUTPUT": 0,
        "EI_CLASSIFIER_CALIBRATION_ENABLED": 0,
        "EI_CLASSIFIER_HAS_MODEL_VARIABLES": 1,
        "EI_CLASSIFIER_COMPILED": 1,
        "EI_CLASSIFIER_NONE": 255,
        "EI_CLASSIFIER_TFLITE": 2,
        "EI_CLASSIFIER_INFERENCING_ENGINE": "EI_CLASSIFIER_NONE",
        "EI_CLASSIFIER_QUANTIZATION_ENABLED": 0,
        **{f"EI_CLASSIFIER_SENSOR_{name.upper()}": number for name, number in SENSORS.items()},
        "EI_CLASSIFIER_SENSOR": sensor,
        "EI_CLASSIFIER_FUSION_AXES_STRING": string_literal(" + ".join(axes)),
        "EI_DSP_PARAMS_GENERATED": 1,
    }
    return {name: str(value) for name, value in numbers.items()}


def properties_of(graph: Graph) -> dict[str, Any]:
    """What the WebAssembly package says of an impulse: the macros as values, by the names of its properties."""
    window, image = graph.window, graph.image
    height, width = graph.shape[:2] if image else (0, 0)
    rows, columns = (height * width, 1) if image else graph.shape[:2]
    frequency = float(window.get("frequency") or 0)
    anomaly = _anomaly(graph)
    return {
        "sensor": SENSORS[sensor_of(window)],
        "frequency": frequency,
        "input_features_count": rows * columns,
        "image_input_width": width,
        "image_input_height": height,
        "image_input_frames": 1 if image else 0,
        "image_channel_count": graph.shape[2] if image else 0,
        "interval_ms": 1000.0 / frequency if frequency else 1.0,
        "axis_count": columns,
        "label_count": len(class_names(graph)),
        "model_type": "classification",
        "has_anomaly": anomaly,
        "has_object_tracking": False,
        "has_visual_anomaly_detection": anomaly == VISUAL,
        "slice_size": rows // SLICES,
        "use_continuous_mode": sensor_of(window) == "microphone",
        "is_performance_calibration_enabled": False,
        "classification_threshold": _class_threshold(graph),
    }


def project_of(graph: Graph) -> dict[str, Any]:
    """Who the WebAssembly package says that it is."""
    name = str(graph.document["name"])
    numbers = {"id": 1, "deploy_version": 1, "impulse_id": 1}
    return {**numbers, "owner": "Edgewright", "name": name, "impulse_name": name}


def _class_threshold(graph: Graph) -> float:
    """The share that a class needs, of the first classifier."""
    return next((threshold_of(s) for s in graph.learning if s.entry["kind"] == "classification"), 0.0)


def sensor_of(window: dict[str, Any]) -> str:
    """Guess the sensor by the axes' names and the rate; ``unknown`` where nothing tells."""
    if window.get("kind") == "image":
        return "camera"
    axes = [str(axis).lower() for axis in window.get("axes", [])]
    moving = [axis for axis in axes if axis.startswith("acc") or axis in ("x", "y", "z")]
    if moving:
        return "accelerometer" if moving == axes else "fusion"
    if len(axes) == 1 and float(window.get("frequency") or 0) >= AUDIBLE_HZ:
        return "microphone"
    return "unknown"


def _number(value: float) -> str:
    """A number that the preprocessor can compare where it is whole."""
    return f"{value:.0f}" if value == int(value) else f"{value:.9g}"


def _anomaly(graph: Graph) -> int:
    for step in graph.learning:
        if step.entry["kind"] == "anomaly":
            if step.output("map") is not None:
                return VISUAL
            return KMEANS if str(step.entry.get("block")) == "kmeans" else GMM
    return 0


def _cells(graph: Graph) -> int:
    """How many cells of a map can be told; there is room for one where there is no map."""
    maps = [step.output("map") for step in graph.learning]
    return min(MAX_CELLS, max([port.count for port in maps if port is not None], default=1))


def _values(graph: Graph) -> dict[str, Any]:
    labels = ", ".join(map(string_literal, class_names(graph) or [""]))
    return {
        "n": graph.name,
        "N": graph.name.upper(),
        "title": comment_text(str(graph.document["name"])),
        "build_id": graph.build_id,
        "ctype": "uint8_t" if graph.image else "float",
        "channels": graph.shape[2] if graph.image else 0,
        "labels": labels,
    }

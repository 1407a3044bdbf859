"""A package under Edge Impulse's names: applications written for their C++ API compile and get our scores."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deployment_folder import block_folder, params_of
from test_custom_nodes import impulse, node

from edgewright_sdk.codegen.compilers import Compiler, native_compilers
from edgewright_sdk.codegen.edge_impulse import edge_impulse_files, sensor_of
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.package import write_files
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

# The application needs a C++ library; zig would build one first, for minutes.
WITH_LIBRARY = [compiler for compiler in native_compilers() if compiler.name != "zig"]
COMPILERS = [pytest.param(compiler, id=compiler.name) for compiler in WITH_LIBRARY]

APPLICATION = r"""
#include <cstdio>
#include <sstream>
#include <iostream>
#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
#include "edge-impulse-sdk/dsp/numpy.hpp"
#include "model-parameters/model_variables.h"

static std::vector<float> values;

static int get_data(size_t offset, size_t length, float* out) {
    for (size_t i = 0; i < length; ++i) out[i] = values[offset + i];
    return 0;
}

static void show(EI_IMPULSE_ERROR code, const ei_impulse_result_t& result) {
    printf("{\"code\": %d, \"anomaly\": %.9g, \"classes\": {", code, static_cast<double>(result.anomaly));
    for (size_t i = 0; i < sizeof result.classification / sizeof result.classification[0]; ++i) {
        const ei_impulse_result_classification_t& one = result.classification[i];
        printf("%s\"%s\": %.9g", i == 0 ? "" : ", ", one.label, static_cast<double>(one.value));
    }
    printf("}, \"cells\": %u, \"mean\": %.9g, \"max\": %.9g}\n", static_cast<unsigned>(result.visual_ad_count),
           static_cast<double>(result.visual_ad_result.mean_value), static_cast<double>(result.visual_ad_result.max_value));
}

int main(int argc, char** argv) {
    const bool sliced = argc > 1 && std::string(argv[1]) == "sliced";
    std::string line;
    run_classifier_init();
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        values.clear();
        for (std::string word; words >> word;) values.push_back(std::stof(word));
        signal_t signal;
        ei_impulse_result_t result = {0};
        if (sliced) {
            signal.total_length = values.size();
            signal.get_data = &get_data;
            show(run_classifier_continuous(&signal, &result), result);
        } else {
            numpy::signal_from_buffer(values.data(), values.size(), &signal);
            show(run_classifier(&ei_default_impulse, &signal, &result, false), result);
        }
    }
    run_classifier_deinit();
    if (EI_CLASSIFIER_LABEL_COUNT > 0 && ei_classifier_inferencing_categories[0] == nullptr) return 1;
    return 0;
}
"""


def build(compiler: Compiler, files: dict[str, str], folder: Path, standard: str = "c++11") -> Path:
    """Compile as a Makefile of such an application does: globs, one include path."""
    write_files({**files, "source/main.cpp": APPLICATION}, folder)
    sources = [*(folder / "source").glob("*.cpp"), *(folder / "tflite-model").glob("*.cpp")]
    sources += (folder / "edge-impulse-sdk" / "porting" / "posix").glob("*.c*")
    assert (
        folder / "edge-impulse-sdk" / "tensorflow" / "lite" / "c" / "common.c"
    ).is_file()  # named outright by Makefiles
    program = folder / "program"
    # -I. and no folder of ours; warnings of the header would be the application's.
    options = [
        f"-std={standard}",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-missing-field-initializers",
        "-I.",
    ]
    compiler.run([*options, *sorted(sources), "-o", program, "-lm", "-lstdc++"], cwd=folder)
    return program


@pytest.fixture
def a_compiler() -> Compiler:
    if not WITH_LIBRARY:
        pytest.skip("needs g++ or clang++")
    return WITH_LIBRARY[0]


def ask(program: Path, rows: Any, *words: str) -> list[dict[str, Any]]:
    text = "\n".join(" ".join(f"{value:.9g}" for value in np.ravel(row)) for row in rows)
    done = subprocess.run(
        [program, *words], input=text + "\n", capture_output=True, text=True, check=True, timeout=60
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("compiler", COMPILERS)
def test_anomaly_scores_are_ours(compiler: Compiler, deployment: Path, tmp_path: Path) -> None:
    trained = TrainedImpulse.load(deployment)
    program = build(compiler, edge_impulse_files(Graph(trained)), tmp_path)
    windows, scores = trained.selftest("windows"), trained.selftest("scores-anomaly")
    assert windows is not None
    got = ask(program, windows)
    assert [one["code"] for one in got] == [0] * len(windows)
    np.testing.assert_allclose([one["anomaly"] for one in got], scores, rtol=1e-4, atol=1e-4)
    # A window in slices is the window, once it is full; another size is no window.
    slices = windows[0].reshape(5, 25, -1)
    sliced = ask(program, [*slices, *windows[1].reshape(5, 25, -1)], "sliced")
    assert [one["anomaly"] for one in sliced[:4]] == [0, 0, 0, 0]
    assert sliced[4]["anomaly"] == got[0]["anomaly"]
    assert sliced[9]["anomaly"] == got[1]["anomaly"]
    assert ask(program, [windows[0][:-1]])[0]["code"] == -1
    broken = windows[0].copy()
    broken[0, 0] = np.nan
    assert ask(program, [broken])[0]["code"] == -5


def test_the_cpp_block_writes_it_where_asked(deployment: Path, tmp_path: Path) -> None:
    loaded = load_block(block_folder("cpp"))
    for name, asked in (("with", True), ("without", False)):
        (tmp_path / name).mkdir()
        params = params_of("cpp", {"edge-impulse-names": asked, "selftest-data": "none"})
        loaded.new().build(TrainedImpulse.load(deployment), params, tmp_path / name)
    loaded.close()
    added = {path.name for path in (tmp_path / "with").iterdir()} - {
        path.name for path in (tmp_path / "without").iterdir()
    }
    assert added == {"edge-impulse-sdk", "model-parameters", "tflite-model"}


def test_a_recursive_glob_finds_every_source_once(deployment: Path) -> None:
    files = edge_impulse_files(Graph(TrainedImpulse.load(deployment)))
    sources = [name for name in files if name.endswith((".c", ".cc", ".cpp"))]
    assert all(name.count("/") == 1 for name in sources if name.startswith("tflite-model/"))
    assert "tflite-model/pump_monitor.cpp" in sources
    assert "#define EI_CLASSIFIER_FREQUENCY 62.5\n" in files["model-parameters/model_metadata.h"]


PIXELS = (
    "    const uint8_t* const pixels = static_cast<const uint8_t*>(in[0].data);\n"
    "    float sum = 0.0f;\n    for (int32_t i = 0; i < count; ++i) sum += static_cast<float>(pixels[i]);\n"
    "    const float share = sum / (255.0f * static_cast<float>(count));\n"
)


def test_classes_and_maps_of_images(a_compiler: Compiler, tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    classes = PIXELS + "    ew_floats(out[0])[0] = 1.0f - share;\n    ew_floats(out[0])[1] = share;"
    cells = PIXELS + (
        "    ew_floats(out[0])[0] = share;\n    for (int32_t i = 0; i < 4; ++i) ew_floats(out[1])[i] = share * tables.weights[i];"
    )
    node(tmp_path / "nodes" / "kind", "own_kind", classes, [2, 4, 1], {"probabilities": [2]}, dtype="uint8")
    node(
        tmp_path / "nodes" / "spot",
        "own_spot",
        cells,
        [2, 4, 1],
        {"scores": [1], "map": [2, 2]},
        dtype="uint8",
    )
    kind = {
        "id": "kind",
        "type": "learning",
        "kind": "classification",
        "inputs": ["input"],
        "classes": ["dark", "very bright"],
    }
    spot = {
        "id": "spot",
        "type": "learning",
        "kind": "anomaly",
        "inputs": ["input"],
        "threshold": {"value": 2.5},
    }
    graph = impulse(tmp_path, {"kind": "image", "width": 4, "height": 2, "channels": 1}, [kind, spot])
    files = edge_impulse_files(graph)
    metadata = files["model-parameters/model_metadata.h"]
    for line in ("LABEL_COUNT 2", "HAS_ANOMALY 3", "DSP_INPUT_FRAME_SIZE 8", "INPUT_WIDTH 4", "SENSOR 3"):
        assert f"#define EI_CLASSIFIER_{line}\n" in metadata
    program = build(a_compiler, files, tmp_path / "app", "c++17")
    grey, black = ask(program, [np.full(8, 0x808080), np.zeros(8)])
    share = 128 / 255
    assert grey["classes"] == pytest.approx({"dark": 1 - share, "very bright": share}, rel=1e-6)
    assert (grey["anomaly"], grey["max"], grey["mean"]) == pytest.approx(
        (share, 4 * share, 2.5 * share), rel=1e-6
    )
    assert (grey["cells"], black["cells"]) == (0, 0)
    white = ask(program, [np.full(8, 0xFFFFFF)])[0]
    assert white["cells"] == 2  # 3 and 4 of 1, 2, 3, 4 are above the threshold
    assert white["classes"]["very bright"] == 1


def test_a_regression_has_one_value(a_compiler: Compiler, tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    body = "    ew_floats(out[0])[0] = ew_floats(in[0])[0] + tables.weights[1] + static_cast<float>(count);"
    node(tmp_path / "nodes" / "level", "own_level", body, [2, 1], {"scores": [1]})
    level = {"id": "level", "type": "learning", "kind": "regression", "inputs": ["input"]}
    graph = impulse(tmp_path, {"kind": "time-series", "length": 2, "axes": ["a"], "frequency": 8.0}, [level])
    program = build(a_compiler, edge_impulse_files(graph), tmp_path / "app")
    assert ask(program, [[0.5, 1]])[0]["classes"] == {"value": 4.5}


@pytest.mark.parametrize(
    ("window", "sensor"),
    [
        ({"axes": ["accX", "accY"], "frequency": 50}, "accelerometer"),
        ({"axes": ["accX", "gyrX"], "frequency": 50}, "fusion"),
        ({"axes": ["audio"], "frequency": 16000}, "microphone"),
        ({"axes": ["current"], "frequency": 10}, "unknown"),
        ({"kind": "image"}, "camera"),
    ],
)
def test_the_sensor_is_guessed(window: dict[str, Any], sensor: str) -> None:
    assert sensor_of(window) == sensor

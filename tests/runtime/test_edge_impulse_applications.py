"""Applications as people write them for Edge Impulse's API, unchanged, on a package of ours: they compile and give our scores."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_custom_nodes import SUM, impulse, node

from edgewright_sdk.codegen.compilers import Compiler, native_compilers
from edgewright_sdk.codegen.edge_impulse import drop_in_files, edge_impulse_files
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.package import cpp_sources, library_files, write_files

HERE = Path(__file__).parent / "edge_impulse_applications"
ROOT = Path(__file__).parents[2]
RUNTIME = ROOT / "sdk" / "edgewright_sdk" / "runtime"
BLOCKS = ROOT / "blocks" / "edgewright_blocks"
WITH_LIBRARY = [compiler for compiler in native_compilers() if compiler.name != "zig"]

pytestmark = pytest.mark.skipif(not WITH_LIBRARY, reason="needs g++ or clang++")

CLASSES = SUM + "    ew_floats(out[0])[0] = 1.0f - sum;\n    ew_floats(out[0])[1] = sum;"
SCORE = SUM + "    ew_floats(out[0])[0] = sum;"


@pytest.fixture(scope="module")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Two axes, four rows: a classifier of the weighted sum, and the sum as the score."""
    folder = tmp_path_factory.mktemp("signals")
    (folder / "nodes").mkdir()
    node(folder / "nodes" / "kind", "own_kind", CLASSES, [4, 2], {"probabilities": [2]})
    node(folder / "nodes" / "odd", "own_odd", SCORE, [4, 2], {"scores": [1]})
    window = {"kind": "time-series", "length": 4, "axes": ["accX", "accY"], "frequency": 62.5}
    learning = {"type": "learning", "inputs": ["input"]}
    return impulse(
        folder,
        window,
        [
            {**learning, "id": "kind", "kind": "classification", "classes": ["idle", "wave"]},
            {**learning, "id": "odd", "kind": "anomaly", "threshold": {"value": 2.5}},
        ],
        name="pump-monitor",
    )


def weighted(window: Any) -> float:
    values = np.ravel(np.asarray(window, np.float64))
    return float(values @ np.arange(1, values.size + 1))


def compiled(folder: Path, source: Path, standard: str, library: Path, include: Path, *options: str) -> Path:
    """Link an application with the sources below a folder, as its Makefile would: one include path, warnings are errors."""
    compiler: Compiler = WITH_LIBRARY[0]
    warnings = [
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-missing-field-initializers",
        "-Wno-sign-compare",
        "-Wno-type-limits",
    ]
    flags = [f"-std={standard}", "-O1", *warnings, f"-I{include}", *options]
    program = folder / "program"
    objects = []
    if source.suffix == ".c":
        command = ["gcc", "-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{include}", *options]
        subprocess.run([*command, "-c", str(source), "-o", str(folder / "main.o")], check=True)
        objects = [folder / "main.o"]
    else:
        objects = [source]
    sources = sorted(library.glob("*.cpp")) if library.name == "tflite-model" else cpp_sources(library)
    sources += (include / "edge-impulse-sdk" / "porting" / "posix").glob("*.cpp")
    compiler.run([*flags, *sources, *objects, "-o", program, "-lm"], cwd=folder)
    return program


def output(program: Path, values: Any) -> list[str]:
    done = subprocess.run([program], input=values.tobytes(), capture_output=True, check=True, timeout=60)
    return done.stdout.decode().splitlines()


def test_an_arduino_sketch(signals: Graph, tmp_path: Path) -> None:
    """By ``<name_inferencing.h>`` alone, with ``src/`` as the only include path, on a core with its usual macros."""
    window = np.linspace(-1, 1, 8, dtype=np.float32) ** 3
    source = tmp_path / "src"
    write_files({**library_files(signals), **drop_in_files(signals)}, source)
    sketch = tmp_path / "sketch"
    shutil.copytree(HERE, sketch)
    (sketch / "features.inc").write_text(",".join(f"{v:.9g}" for v in window))
    options = ["-DARDUINO=10800", f"-I{sketch}", '-DSKETCH="static_buffer.ino"']
    program = compiled(tmp_path, sketch / "sketch.cpp", "c++11", source, source, *options)
    lines = output(program, np.zeros(0))
    assert lines[0] == "Inferencing demo"
    assert lines[1] == "Timing: DSP 0 ms, inference 0 ms, anomaly 0 ms"
    told = {name.strip(): float(value) for name, _, value in (line.partition(":") for line in lines[2:])}
    assert told["wave"] == pytest.approx(weighted(window), abs=1e-4)
    assert told["idle"] == pytest.approx(1 - weighted(window), abs=1e-4)
    assert told["Anomaly prediction"] == pytest.approx(weighted(window), abs=1e-5)


def test_every_source_is_also_cpp11() -> None:
    """Makefiles of such applications compile the library by the standard of the application."""
    sources = [path for path in RUNTIME.glob("src/*.cpp") if "cmsis" not in path.name]
    sources += BLOCKS.glob("*/*/device/*.cpp")
    assert len(sources) > 50
    flags = ["-std=c++11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-DEW_NS=any"]
    WITH_LIBRARY[0].run([*flags, f"-I{RUNTIME / 'include'}", *sorted(sources)], cwd=RUNTIME)


@pytest.mark.slow
def test_a_sketch_with_a_rolling_buffer(signals: Graph, tmp_path: Path) -> None:
    rows = np.linspace(-0.2, -0.1, 12, dtype=np.float32).reshape(6, 2)
    rows[5] = 1  # odd
    source = tmp_path / "src"
    write_files({**library_files(signals), **drop_in_files(signals)}, source)
    options = ["-DARDUINO=10800", f"-I{HERE}", '-DSKETCH="rolling.ino"']
    program = compiled(tmp_path, HERE / "sketch.cpp", "c++17", source, source, *options)
    lines = [line.split() for line in output(program, rows)]
    expected = [weighted(rows[at : at + 4]) for at in range(3)]
    assert [line[0] for line in lines] == ["uncertain", "idle", "idle"]
    assert [[line[1], line[3]] for line in lines] == [["idle", "wave"]] * 3
    np.testing.assert_allclose([float(line[2]) for line in lines], np.subtract(1, expected), atol=2e-5)
    np.testing.assert_allclose([float(line[5]) for line in lines], expected, atol=2e-5)


@pytest.mark.slow
def test_smoothed_labels_and_c(signals: Graph, tmp_path: Path) -> None:
    write_files(edge_impulse_files(signals), tmp_path)
    library = tmp_path / "tflite-model"
    program = compiled(tmp_path, HERE / "smoothed.cpp", "c++14", library, tmp_path)
    one = np.zeros((4, 2), np.float32)
    windows = np.stack([one, one, one, one])
    windows[1:3, 0, 0] = 0.9  # the sum, and so the share of "wave"
    windows[3, 0, 0] = 1000  # odd
    lines = output(program, windows)
    assert lines[0] == "pump-monitor: 8 values, 2 classes, accX + accY at 62.5 Hz"
    # Counted are idle, wave, uncertain, anomaly of the last three.
    assert lines[1:] == ["uncertain 1 0 2 0", "uncertain 1 1 1 0", "wave 1 2 0 0", "wave 0 2 0 1"]

    plain = tmp_path / "plain"
    plain.mkdir()
    program = compiled(plain, HERE / "plain.c", "c++17", library, tmp_path, "-DEI_C_LINKAGE=1")
    label, share, score = output(program, windows[1])[0].split()
    assert (label, float(share), float(score)) == ("wave", pytest.approx(0.9), pytest.approx(0.9))


@pytest.mark.slow
def test_a_microphone_with_two_buffers(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    node(tmp_path / "nodes" / "loud", "own_loud", SCORE, [400, 1], {"scores": [1]})
    window = {"kind": "time-series", "length": 400, "axes": ["audio"], "frequency": 8000.0}
    loud = {"id": "loud", "type": "learning", "kind": "anomaly", "inputs": ["input"], "block": "kmeans"}
    graph = impulse(tmp_path, window, [{**loud, "threshold": {"value": 2.5}}])
    write_files(edge_impulse_files(graph), tmp_path / "app")
    program = compiled(
        tmp_path, HERE / "microphone.cpp", "c++17", tmp_path / "app" / "tflite-model", tmp_path / "app"
    )
    sound = np.random.default_rng(0).integers(-32768, 32767, 1000, np.int16)
    printed = [float(line) for line in output(program, sound)]
    # Slices of 100: the first window is whole after four of them, and the application prints from there on.
    expected = [weighted(sound[at : at + 400]) for at in range(0, 601, 100)]
    np.testing.assert_allclose(printed, expected, rtol=1e-4, atol=100)  # of sums of up to 10⁸


@pytest.mark.slow
def test_a_camera(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    body = (
        "    const uint8_t* const pixels = static_cast<const uint8_t*>(in[0].data);\n"
        "    float sum = 0.0f;\n    for (int32_t i = 0; i < count; ++i) sum += static_cast<float>(pixels[i]) * tables.weights[i];\n"
        "    ew_floats(out[0])[0] = sum;\n    for (int32_t i = 0; i < 4; ++i) ew_floats(out[1])[i] = static_cast<float>(pixels[6 * i]);"
    )
    outputs = {"scores": [1], "map": [2, 2]}
    node(tmp_path / "nodes" / "spot", "own_spot", body, [2, 4, 3], outputs, dtype="uint8")
    spot = {"id": "spot", "type": "learning", "kind": "anomaly", "inputs": ["input"]}
    window = {"kind": "image", "width": 4, "height": 2, "channels": 3, "resize": "squash"}
    graph = impulse(tmp_path, window, [{**spot, "threshold": {"value": 100.0}}])
    write_files(edge_impulse_files(graph), tmp_path / "app")
    program = compiled(
        tmp_path, HERE / "camera.cpp", "c++17", tmp_path / "app" / "tflite-model", tmp_path / "app"
    )
    # 12 × 4: of it the middle 8 × 4 becomes 4 × 2, each pixel the mean of four alike.
    small = np.random.default_rng(0).integers(0, 256, (2, 4, 3), np.uint8)
    picture = np.zeros((4, 12, 3), np.uint8)
    picture[:, 2:10] = small.repeat(2, axis=0).repeat(2, axis=1)
    lines = output(program, picture)
    cells = small.reshape(-1)[::6].astype(float)
    above = [i for i in range(4) if cells[i] > 100]
    boxes = [f"anomaly {cells[i]:f} {2 * (i % 2)} {i // 2} 2 1" for i in above]
    assert 0 < len(above) < 4
    assert lines[:-1] == boxes
    mean, most, score = (float(lines[-1].split()[i]) for i in (1, 3, 5))
    assert (mean, most) == pytest.approx((cells.mean(), cells.max()))
    assert score == pytest.approx(weighted(small))

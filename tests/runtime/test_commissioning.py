"""Commissioning and drift of a package against Python: scalers, held-out scores, thresholds, p-values."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import zlib
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from c_api import BAD_ARGUMENT, MORE, NO_MEMORY, OK, CApi
from deployment_folder import Trained, block_folder, params_of, recordings, transform, write_deployment

from edgewright.scoring import Drift, choose, p_values, table
from edgewright_sdk import BlockError, Features
from edgewright_sdk.codegen.compilers import has_zig
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.header import arena_bytes
from edgewright_sdk.codegen.package import library_files, write_files
from edgewright_sdk.commissioning import calibration_bytes, commission
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block
from edgewright_sdk.model import Model

pytestmark = pytest.mark.slow

MOST = 120
TOO_FEW, CONSTANT, DAMAGED = -5, -6, -7
LENGTH, STRIDE = 50, 25
WINDOW = {"kind": "time-series", "length": LENGTH, "axes": ["x", "y", "z"], "frequency": 62.5}
BLOCKS = {
    "kmeans": {"clusters": 8},
    "gmm": {"components": 2},
    "pca_reconstruction": {},
    "isolation_forest": {},
}


class Calibration(ctypes.Structure):
    """The head; values follow."""

    _fields_ = (
        ("format", ctypes.c_uint32), ("checksum", ctypes.c_uint32), ("bytes", ctypes.c_uint32),
        ("windows", ctypes.c_int32), ("build_id", ctypes.c_char * 32),
    )  # fmt: skip


class Package:
    """A package of anomaly nodes over one feature node, with commissioning."""

    def __init__(self, folder: Path, blocks: dict[str, dict[str, Any]]) -> None:
        self.blocks = blocks
        impulse = write_deployment(
            folder / "impulse",
            window=WINDOW,
            processing=[{"id": "flat", "block": "flatten", "axes": [2, 0]}],
            learning=[
                {"id": name, "block": name, "inputs": ["flat"], "params": params}
                for name, params in blocks.items()
            ],
        )
        trained = TrainedImpulse.load(impulse)
        graph = Graph(trained, MOST)
        write_files(library_files(graph), folder / "package" / "src")
        (folder / "build").mkdir()
        self.api = CApi(
            folder / "package",
            folder / "build",
            "pump_monitor",
            outputs=len(blocks),
            arena_bytes=arena_bytes(graph),
        )
        self.impulse = trained
        self.labels = trained.nodes[0].entry["labels"]
        self.work = (ctypes.c_float * 200_000)()
        standardising = len(blocks.keys() - {"isolation_forest"})
        self.bytes = 48 + 4 * (len(blocks) * (1 + MOST) + standardising * 2 * len(self.labels))

    def features(self, window: np.ndarray) -> np.ndarray:
        values, count = np.zeros(len(self.labels), np.float32), ctypes.c_size_t()
        data = np.ascontiguousarray(window)
        status = self.api.call(
            "features", self.api.model, 0, ctypes.c_void_p(data.ctypes.data), ctypes.c_size_t(data.size),
            ctypes.c_void_p(values.ctypes.data), ctypes.c_size_t(values.size), ctypes.byref(count),
        )  # fmt: skip
        assert status == OK
        return values

    def add(self, window: np.ndarray) -> int:
        data = np.ascontiguousarray(window)
        at, size = ctypes.c_void_p(data.ctypes.data), ctypes.c_size_t(data.size)
        return self.api.call("calibrate_add", self.api.model, self.work, at, size)

    def collect(self, windows: np.ndarray) -> None:
        assert self.api.start() == OK
        assert self.api.call("calibrate_begin", self.work) == OK
        assert {self.add(window) for window in windows} == {OK}

    def commit(self) -> int:
        return self.api.call("calibrate_commit", self.api.model, self.work)

    def blob(self) -> bytes:
        return bytes(self.work)[: self.bytes]

    def use(self, blob: bytes | None) -> int:
        self.held = None if blob is None else ctypes.create_string_buffer(blob, len(blob))
        return self.api.call("calibrate_use", self.api.model, self.held)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return Package(tmp_path_factory.mktemp("commissioning"), BLOCKS)


def elsewhere(count: int, seed: int = 5) -> np.ndarray:
    """Windows of another place: shifted, and of another size."""
    return np.asarray(recordings(count, LENGTH, 3, seed) * np.float32(1.6) + np.float32(0.8), np.float32)


def python(package: Package, name: str, values: np.ndarray) -> Any:
    """The node's block and model, and what it makes of these features."""
    loaded = load_block(block_folder(name))
    block = loaded.new()
    params = params_of(name, package.blocks[name])
    trained = refit(name, package.blocks[name])
    done = commission(block, trained.model, Features(values, package.labels), params)
    loaded.close()
    return trained, done


def refit(name: str, given: dict[str, Any]) -> Trained:
    """The model that `write_deployment` exported."""
    train = np.ascontiguousarray(recordings(200, LENGTH, 3, 0)[:, :, [2, 0]])
    spec = {**WINDOW, "axes": ["z", "x"]}
    return Trained(name, transform("flatten", train, spec, {}), given)


def test_numbers_are_those_of_python(package: Package) -> None:
    compare(package)


@pytest.mark.slow
def test_numbers_of_an_autoencoder_are_those_of_python(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    compare(Package(tmp_path, {"autoencoder": {"epochs": 20}}))


def compare(package: Package) -> None:
    """Commission on the device and in Python, and compare all numbers."""
    blocks = package.blocks
    windows = elsewhere(100)
    package.collect(windows)
    assert package.commit() == OK
    blob = package.blob()
    head = Calibration.from_buffer_copy(blob)
    assert (head.format, head.bytes, head.windows) == (1, len(blob), 100)
    assert head.build_id == b"1a2b3c4d5e6f7081"
    assert head.checksum == zlib.crc32(blob[8:])
    floats = np.frombuffer(blob[48:], np.float32)
    thresholds = floats[: len(blocks)]
    scores = floats[len(blocks) :][: len(blocks) * MOST].reshape(len(blocks), MOST)[:, :100]
    scalers = floats[len(blocks) * (1 + MOST) :].reshape(-1, 2, len(package.labels))
    values = np.stack([package.features(window) for window in windows])
    fresh = elsewhere(12, seed=6)
    assert package.use(blob) == OK
    made: list[tuple[float, np.ndarray]] = []
    models: list[Model] = []
    for k, name in enumerate(blocks):
        trained, done = python(package, name, values)
        expected = np.sort(done.scores)
        size = float(np.abs(expected).max())
        assert scores[k] == pytest.approx(expected, rel=1e-4, abs=1e-4 * size), name
        if name != "isolation_forest":
            assert scalers[k][0] == pytest.approx(done.model.arrays["mean"], rel=1e-6, abs=1e-6)
            assert scalers[k][1] == pytest.approx(done.model.arrays["scale"], rel=1e-6)
            models.append(done.model)
        threshold = choose("held-out", held_out=scores[k]).value
        assert thresholds[k] == pytest.approx(threshold, rel=1e-5)
        made.append((choose("held-out", held_out=expected).value, expected))
        for window in fresh:
            assert package.api.run(window) == OK
            output = package.api.result.outputs[k]
            features = Features(package.features(window)[None], package.labels)
            python_score = float(trained.block.score(done.model, features, trained.params).scores[0])
            assert output.score == pytest.approx(python_score, rel=1e-4, abs=1e-4 * size), name
            assert output.threshold == thresholds[k]
            assert output.decision == int(output.score > output.threshold)
            assert output.p_value == pytest.approx(
                float(p_values([output.score], table(scores[k]))[0]), rel=1e-6
            )
        trained.close()
    # What Python writes, the device takes.
    assert package.use(calibration_bytes("1a2b3c4d5e6f7081", MOST, made, models)) == OK
    assert package.api.get("threshold", 0) == np.float32(made[0][0])
    assert package.use(None) == OK
    given = package.impulse.nodes[1].entry["threshold"]["value"]
    assert package.api.get("threshold", 0) == np.float32(given)


def test_commissioning_brings_false_alarms_back_to_the_target(package: Package) -> None:
    fresh = elsewhere(300, seed=8)

    def share(output: int) -> float:
        return float(
            np.mean([package.api.run(w) == OK and package.api.result.outputs[output].decision for w in fresh])
        )

    package.collect(elsewhere(MOST, seed=7))
    before = [share(k) for k in range(3)]
    assert package.commit() == OK
    assert package.use(package.blob()) == OK
    after = [share(k) for k in range(3)]
    assert min(before) > 0.2
    assert max(after) < 0.06


@pytest.mark.parametrize("count", [16, 99, 100, 105, MOST])
def test_threshold_is_the_held_out_one(package: Package, count: int) -> None:
    """At the smallest rate that so few scores allow, on it, and above."""
    package.collect(elsewhere(count, seed=count))
    assert package.commit() == OK
    floats = np.frombuffer(package.blob()[48:], np.float32)
    scores = floats[len(BLOCKS) :][: len(BLOCKS) * MOST].reshape(len(BLOCKS), MOST)
    for k in range(len(BLOCKS)):
        assert floats[k] == pytest.approx(choose("held-out", held_out=scores[k, :count]).value, rel=1e-6)
        assert not scores[k, count:].any()


def test_what_goes_wrong_is_told(package: Package) -> None:
    windows = elsewhere(MOST)
    package.collect(windows[:15])
    assert package.commit() == TOO_FEW
    assert package.add(windows[15]) == OK
    broken = windows[16].copy()
    broken[3, 1] = np.nan
    assert package.add(broken) == -3
    assert package.commit() == OK
    blob = package.blob()
    flipped = bytearray(blob)
    flipped[200] ^= 1
    assert package.use(bytes(flipped)) == DAMAGED
    assert package.use(blob.replace(b"1a2b3c4d", b"ffffffff")) == DAMAGED
    assert package.use(blob) == OK
    for window in windows[16:]:
        assert package.add(window) == OK
    assert package.add(windows[0]) == NO_MEMORY
    assert package.api.call("calibrate_begin", None) == BAD_ARGUMENT
    still = np.repeat(windows[:1], 20, axis=0)
    package.collect(still)
    assert package.commit() == CONSTANT
    assert package.use(package.blob()) == DAMAGED
    assert package.api.text("status_text", CONSTANT)
    values = np.stack([package.features(window) for window in still])
    with pytest.raises(BlockError, match="varied in training and is constant"):
        python(package, "kmeans", values)


def test_drift_is_that_of_python(package: Package) -> None:
    """Streams of the training place and of another one; the limit can be set."""
    api = package.api
    tables = {
        name: np.asarray(package.impulse.node("kmeans").table(name)) for name in ("selected", "mean", "scale")
    }
    drifting = []
    for change in (1.0, 1.6):
        assert api.start() == OK
        assert api.call("stream_init", api.stream, api.model) == OK
        drift = Drift(**tables)
        rows = recordings(60, LENGTH, 3, 3).reshape(-1, 3) * np.float32(change)
        while len(rows):
            status, used = api.push(rows)
            rows = rows[used:]
            if status == MORE:
                continue
            assert status == OK
            assert api.call("stream_window", api.stream, package.work, ctypes.c_size_t(LENGTH * 3)) == OK
            latest = np.frombuffer(package.work, np.float32)[: LENGTH * 3].reshape(LENGTH, 3)
            expected = drift.of(package.features(latest))
            assert api.result.outputs[0].drift == expected
            assert api.result.outputs[3].drift == -1  # a forest doesn't standardise
            assert api.result.outputs[0].drifting == int(expected > 2)
        drifting.append(api.result.outputs[0].drifting)
    assert drifting == [0, 1]
    assert api.run(recordings(1, LENGTH, 3, 3)[0]) == OK
    assert api.result.outputs[0].drift == -1


@pytest.mark.skipif(not has_zig() or not shutil.which("node"), reason="needs ziglang and Node")
def test_wasm_gives_the_same(package: Package, tmp_path: Path) -> None:
    """The very windows, through the ES module: the same numbers as native within 1e-5, and one format of bytes."""
    loaded = load_block(block_folder("wasm"))
    params = params_of("wasm", {"calibration-windows": MOST, "selftest-data": "none"})
    loaded.new().build(package.impulse, params, tmp_path)
    loaded.close()
    windows = elsewhere(20)
    package.collect(windows)
    assert package.commit() == OK
    blob = package.blob()
    (tmp_path / "data.json").write_text(json.dumps(windows.reshape(20, -1).tolist()))
    (tmp_path / "native.bin").write_bytes(blob)
    (tmp_path / "try.mjs").write_text(
        'import { load, info } from "./pump_monitor.mjs";\nimport { readFileSync, writeFileSync } from "node:fs";\n'
        f'const windows = JSON.parse(readFileSync("{tmp_path}/data.json"));\n'
        f'const native = new Uint8Array(readFileSync("{tmp_path}/native.bin"));\n'
        "const c = await load();\nconst errors = [];\n"
        "const failing = (f) => { try { f(); errors.push(null); } catch (e) { errors.push(e.message); } };\n"
        "c.calibrateBegin();\nfor (const w of windows.slice(0, 19)) c.calibrateAdd(w);\n"
        "const streamed = c.push(windows[19]);\nc.calibrateAdd();\n"
        f'const bytes = c.calibrateCommit();\nwriteFileSync("{tmp_path}/wasm.bin", bytes);\n'
        "c.useCalibration(native);\nconst score = c.run(windows[3]).outputs.map((o) => [o.score, o.threshold, o.pValue]);\n"
        "const bad = bytes.slice(); bad[100] ^= 1;\n"
        "failing(() => c.useCalibration(bad)); failing(() => c.useCalibration(bad.slice(1)));\n"
        "const again = c.run(windows[3]).outputs.map((o) => [o.score, o.threshold, o.pValue]);\n"
        "c.calibrateBegin(); failing(() => c.calibrateCommit());\n"
        "for (let i = 0; i < 16; i++) c.calibrateAdd(windows[0]);\nfailing(() => c.calibrateCommit());\n"
        "c.useCalibration(null);\nc.setDriftLimit(0.001);\nc.reset();\n"
        "const drift = c.push(windows[0])[0].outputs.map((o) => [o.drift, o.drifting]);\n"
        "console.log(JSON.stringify({ score, again, errors, drift, windows: info.calibrationWindows }));\n"
    )
    done = subprocess.run(["node", tmp_path / "try.mjs"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    wasm = (tmp_path / "wasm.bin").read_bytes()
    assert len(wasm) == len(blob)
    assert wasm[8:48] == blob[8:48]
    assert np.frombuffer(wasm[48:], np.float32) == pytest.approx(
        np.frombuffer(blob[48:], np.float32), rel=1e-4, abs=1e-4
    )
    assert found["score"] == found["again"]
    assert package.use(blob) == OK
    assert package.api.run(windows[3]) == OK
    native = [[o.score, o.threshold, o.p_value] for o in package.api.result.outputs]
    assert found["score"] == [pytest.approx(row, rel=1e-4, abs=1e-4) for row in native]
    assert [bool(text) for text in found["errors"]] == [True] * 4
    assert "damaged" in found["errors"][0]
    assert "fewer than 16" in found["errors"][2]
    assert "kmeans, z Average: a feature that varied" in found["errors"][3]
    assert found["windows"] == MOST
    assert found["drift"][3] == [None, False]
    assert found["drift"][0][0] > 0
    assert found["drift"][0][1] is True
    # `compare` reads the third output where it lies.
    driver = resources.files("edgewright.comparing") / "drivers" / "module.mjs"
    (tmp_path / "windows.bin").write_bytes(windows.tobytes())
    command = [
        "node",
        driver,
        tmp_path / "pump_monitor.wasm",
        "2",
        tmp_path / "windows.bin",
        str(windows[0].size),
        "4",  # bytes of a value
    ]
    compared = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert package.use(None) == OK
    for window, score in zip(windows, compared["scores"], strict=True):
        assert package.api.run(window) == OK
        assert score == pytest.approx(package.api.result.outputs[2].score, rel=1e-4, abs=1e-4)

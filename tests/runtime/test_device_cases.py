"""Device code of the processing blocks on recorded cases and random parameters: x86-64 and wasm32 against Python.

The library for this machine is called through ctypes, one freestanding wasm module through wasmtime; each is compiled once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from deployment_folder import BLOCKS, export_processing, transform
from wasm_node import WasmLibrary

from edgewright_sdk.codegen.compilers import has_zig
from edgewright_sdk.codegen.ctypes_node import DeviceLibrary, DeviceNode, build_library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edgewright_sdk.codegen.nodes import Node

pytestmark = pytest.mark.slow  # compiles for two targets

BLOCK_NAMES = ("flatten", "image", "mfcc", "mfe", "raw", "spectral_analysis", "spectrogram", "spectrum")
DRAWS = 12
#: Log bins this far below the largest power of their window are rounding noise.
NOISE = 1e-10


@dataclass
class Case:
    """A block, its parameters and windows."""

    name: str
    block: str
    params: dict[str, Any]
    windows: np.ndarray
    axes: list[str]
    frequency: float
    recorded: bool = False

    @property
    def spec(self) -> dict[str, Any]:
        if self.block == "image":
            height, width, channels = self.windows.shape[1:]
            return {"kind": "image", "height": height, "width": width, "channels": channels}
        return {
            "kind": "time-series",
            "length": self.windows.shape[1],
            "axes": self.axes,
            "frequency": self.frequency,
        }


def recorded() -> Iterator[Case]:
    """Cases recorded beside the blocks, without those that are refused."""
    for block in BLOCK_NAMES:
        golden = BLOCKS / "processing" / block / "tests" / "golden"
        if not (golden / "cases.json").is_file():
            continue
        for record in json.loads((golden / "cases.json").read_text())["cases"]:
            if not record["error"]:
                windows = np.load(golden / record["input"])
                params, frequency = record["params"], record["sampling_freq"]
                yield Case(record["id"], block, params, windows, record["axes"], frequency, recorded=True)


def drawn() -> Iterator[Case]:
    """Random parameters and windows, a few a block."""
    for number, block in enumerate(BLOCK_NAMES):
        random = np.random.default_rng(number)
        for draw in range(DRAWS):
            yield DRAWN[block](random, f"{block}-{draw}")


def _one(random: np.random.Generator, choices: list[Any]) -> Any:
    return choices[int(random.integers(len(choices)))]


def _motion(random: np.random.Generator, length: int, axes: int) -> np.ndarray:
    t = np.arange(length)[:, None] / 62.5
    waves = 2 * np.sin(2 * np.pi * random.uniform(1, 12, axes) * t) + [0.0, 9.81, -3.0][:axes]
    windows = waves + 0.3 * random.standard_normal((3, length, axes))
    windows[1, :, 0] = windows[1, 0, 0]  # an axis that stands still
    return windows.astype(np.float32)


def _sound(random: np.random.Generator, length: int) -> np.ndarray:
    t = np.arange(length) / 8000
    tone = 8000 * np.sin(2 * np.pi * random.uniform(100, 3000) * t)
    windows = tone * [[1.0], [0.01], [0.0]] + [[300.0], [3000.0], [1.0]] * random.standard_normal((3, length))
    return windows.astype(np.float32)[:, :, None]


def _frames(random: np.random.Generator) -> dict[str, Any]:
    return {
        "frame_length": _one(random, [0.016, 0.02, 0.032, 0.05]),
        "frame_stride": _one(random, [0.01, 0.02, 0.025]),
        "fft_length": _one(random, [16, 64, 128, 256, 512, 1024]),
    }


def _sound_case(block: str, more: Callable[[np.random.Generator], dict[str, Any]]) -> Callable[..., Case]:
    def draw(random: np.random.Generator, name: str) -> Case:
        params = {**_frames(random), **more(random)}
        return Case(name, block, params, _sound(random, int(random.integers(1600, 4000))), ["audio"], 8000.0)

    return draw


def _mel(random: np.random.Generator) -> dict[str, Any]:
    return {"num_filters": int(random.integers(4, 7)), "low_frequency": _one(random, [0, 300])}


def _cepstra(random: np.random.Generator) -> dict[str, Any]:
    smoothing = {"win_size": _one(random, [0, 31, 101]), "pre_cof": _one(random, [0.0, 0.98])}
    return {**_mel(random), **smoothing, "num_cepstral": 4, "pre_shift": int(random.integers(1, 9))}


def _motion_case(block: str, more: Callable[[np.random.Generator], dict[str, Any]]) -> Callable[..., Case]:
    def draw(random: np.random.Generator, name: str) -> Case:
        axes = int(random.integers(1, 4))
        windows = _motion(random, int(random.integers(64, 400)), axes)
        return Case(name, block, more(random), windows, ["x", "y", "z"][:axes], 62.5)

    return draw


def _spectra(random: np.random.Generator) -> dict[str, Any]:
    if random.integers(4) == 0:
        return {"analysis_type": "Wavelet", "wavelet": _one(random, ["db4", "haar", "sym5"])}
    return {
        "fft_length": 2 ** int(random.integers(2, 10)),
        "filter_type": _one(random, ["none", "low", "high"]),
        "filter_cutoff": _one(random, [12.0, 20.0]),
        "filter_order": _one(random, [2, 6]),
        "do_log": bool(random.integers(2)),
        "do_fft_overlap": bool(random.integers(2)),
        "scale_axes": _one(random, [1.0, -2.5]),
    }


def _picture_case(random: np.random.Generator, name: str) -> Case:
    shape = (2, int(random.integers(1, 40)), int(random.integers(1, 40)), _one(random, [1, 3]))
    params = {"channels": _one(random, ["RGB", "Grayscale"])}
    return Case(name, "image", params, random.integers(0, 256, shape, dtype=np.uint8), ["image"], 0.0)


DRAWN: dict[str, Callable[..., Case]] = {
    "flatten": _motion_case("flatten", lambda random: {"scale_axes": _one(random, [1.0, -0.5])}),
    "image": _picture_case,
    "mfcc": _sound_case("mfcc", _cepstra),
    "mfe": _sound_case(
        "mfe", lambda random: {**_mel(random), "noise_floor_db": _one(random, [-100, -52, 0])}
    ),
    "raw": _motion_case("raw", lambda random: {"scale_axes": _one(random, [1.0, 0.25])}),
    "spectral_analysis": _motion_case("spectral_analysis", _spectra),
    "spectrogram": _sound_case("spectrogram", lambda random: {"noise_floor_db": _one(random, [-100, -52])}),
    "spectrum": _motion_case(
        "spectrum",
        lambda random: {
            "scale": _one(random, ["magnitude", "power", "db"]),
            "normalise": _one(random, ["max", "none"]),
        },
    ),
}


def on_device(case: Case, node: Node, libraries: tuple[DeviceLibrary, WasmLibrary]) -> dict[str, np.ndarray]:
    native, wasm = libraries
    return {
        "x86-64": DeviceNode(native, node).batch(case.windows)["features"],
        "wasm32": wasm.batch(node, case.windows),
    }


def beyond(case: Case, device: np.ndarray, python: np.ndarray, labels: list[str]) -> list[Any]:
    """List what is out of tolerance."""
    allowed = 1e-4 + 1e-4 * np.abs(python)
    if case.block == "mfe":
        allowed = np.full_like(python, 1 / 256)
    elif case.block in ("mfcc", "spectrogram") or case.params.get("scale") == "db":
        allowed = 1e-3 + 1e-4 * np.abs(python)
    elif case.block == "spectral_analysis":
        logs = np.array(["Power" in label for label in labels]) & bool(case.params.get("do_log", True))
        allowed = np.where(logs, 1e-3 + 1e-4 * np.abs(python), allowed)
        if not case.recorded:  # a value within rounding of an edge counts on either side of it
            counted = np.array(["entropy" in label or "cross" in label for label in labels])
            allowed = np.where(counted, 0.03 + 1e-3 * np.abs(python), allowed)
        for axis in case.axes:
            own = logs & np.array([label.startswith(f"{axis} ") for label in labels])
            if own.any():
                noise = python < python[:, own].max(axis=1, keepdims=True) + np.log10(NOISE)
                allowed = np.where(own & noise & (python > -10), np.inf, allowed)
    at = np.argwhere(~(np.abs(device - python) <= allowed))
    return [(tuple(map(int, i)), labels[i[1]], device[tuple(i)], python[tuple(i)]) for i in at[:4]]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> tuple[DeviceLibrary, WasmLibrary]:
    pytest.importorskip("wasmtime")
    if not has_zig():
        pytest.skip("the ziglang wheel isn't installed")
    folder = tmp_path_factory.mktemp("device-cases")
    cases = {case.block: case for case in drawn()}
    nodes = [
        export_processing(block, case.spec, case.params, folder / block)
        for block, case in cases.items()
        if block != "spectral_analysis"
    ]
    motion = {"kind": "time-series", "length": 125, "axes": ["x"], "frequency": 62.5}
    nodes.append(export_processing("spectral_analysis", motion, {}, folder / "spectra"))
    nodes.append(
        export_processing("spectral_analysis", motion, {"analysis_type": "Wavelet"}, folder / "wavelet")
    )
    for name in ("native", "wasm"):
        (folder / name).mkdir()
    return build_library(nodes, folder / "native"), WasmLibrary(nodes, folder / "wasm")


def test_the_module_needs_nothing_from_outside(libraries: tuple[DeviceLibrary, WasmLibrary]) -> None:
    assert libraries[1].imports == []


@pytest.mark.parametrize("case", [*recorded(), *drawn()], ids=lambda case: case.name)
def test_devices_give_what_python_gives(
    case: Case, libraries: tuple[DeviceLibrary, WasmLibrary], tmp_path: Path
) -> None:
    python = transform(case.block, case.windows, case.spec, case.params)
    node = export_processing(case.block, case.spec, case.params, tmp_path / "export")
    for target, device in on_device(case, node, libraries).items():
        assert beyond(case, device, python.values, list(python.labels)) == [], target

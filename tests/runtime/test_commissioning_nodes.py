"""Commissioning of other nodes than our own: images without a scaler, a stranger's node over the window itself; refusals."""

from __future__ import annotations

import ctypes
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from c_api import OK, CApi

from edgewright_sdk import BlockError, Export
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.header import arena_bytes
from edgewright_sdk.codegen.package import library_files, write_files
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.errors import RequestError
from edgewright_sdk.standardisation import TABLES

if TYPE_CHECKING:
    from pathlib import Path

HEADER = """#pragma once
#include "edgewright/node.h"
namespace EW_NS {
struct own_tables { const int32_t* selected; const float* mean; const float* scale; };
ew_status own(const own_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);
}
"""
SOURCE = """#include "own.h"
namespace EW_NS {
ew_status own(const own_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    (void)tables;
    (void)in;
    BODY
    return ew_ok;
}
}
"""
#: The sum of two standardised values of the window; and the mean brightness of an image.
STANDARDISED = """const float* const x = ew_floats(in[0]);
    float sum = 0.0f;
    for (int32_t i = 0; i < 2; ++i) sum += (x[tables.selected[i]] - tables.mean[i]) / tables.scale[i];
    ew_floats(out[0])[0] = sum;"""
BRIGHTNESS = """const uint8_t* const pixels = static_cast<const uint8_t*>(in[0].data);
    ew_floats(out[0])[0] = static_cast<float>(pixels[0]) + static_cast<float>(pixels[1]);"""


def deployment(folder: Path, window: dict[str, Any], body: str, **changed: Any) -> Path:
    """A deployment folder of one anomaly node that reads the window itself."""
    device = folder / "device"
    device.mkdir(parents=True)
    (device / "own.h").write_text(HEADER)
    (device / "own.cpp").write_text(SOURCE.replace("BODY", body))
    image = window["kind"] == "image"
    shape = [1, 2, 1] if image else [4, 2]
    tables = {
        "selected": np.array([5, 0], np.int32), "mean": np.zeros(2, np.float32), "scale": np.full(2, 3.0, np.float32),
    }  # fmt: skip
    (folder / "nodes").mkdir()
    Export(
        symbol="own",
        header="own.h",
        sources=["own.cpp"],
        modules=[],
        tables={**tables, **changed.get("tables", {})},
        inputs=[{"dtype": "uint8" if image else "float32", "shape": shape}],
        outputs=[{"name": "scores", "dtype": "float32", "shape": [1]}],
        standardisation=changed.get("standardisation", None if image else TABLES),
    ).write(folder / "nodes" / "own", device)
    kind = changed.get("kind", "anomaly")
    document = {
        "contract": 1, "name": "own", "build_id": "00000000000000aa", "namespace": "own_00000000", "window": window,
        "nodes": [{"id": "own", "type": "learning", "kind": kind, "inputs": ["input"], "threshold": {"value": 1.0}}],
    }  # fmt: skip
    (folder / "deployment.json").write_text(json.dumps(document))
    return folder


SIGNAL = {"kind": "time-series", "length": 4, "axes": ["x", "y"], "frequency": 10.0}
IMAGE = {"kind": "image", "width": 2, "height": 1, "channels": 1}


def commissioned(folder: Path, windows: np.ndarray) -> tuple[CApi, np.ndarray]:
    """A model in use of what these windows say, and the floats of its calibration."""
    graph = Graph(TrainedImpulse.load(folder), 20)
    write_files(library_files(graph), folder / "package" / "src")
    api = CApi(folder / "package", folder, "own", outputs=1, arena_bytes=arena_bytes(graph))
    assert api.start() == OK
    work = (ctypes.c_uint32 * 4096)()
    assert api.call("calibrate_begin", work) == OK
    for window in windows:
        data = ctypes.c_void_p(np.ascontiguousarray(window).ctypes.data)
        assert api.call("calibrate_add", api.model, work, data, ctypes.c_size_t(window.size)) == OK
    assert api.call("calibrate_commit", api.model, work) == OK
    assert api.call("calibrate_use", api.model, work) == OK
    api.held = work  # type: ignore[attr-defined]
    return api, np.frombuffer(bytes(work)[48 : work[2]], np.float32)


def test_node_over_the_window_itself(tmp_path: Path) -> None:
    windows = np.random.default_rng(0).normal(5, 2, (20, 4, 2)).astype(np.float32)
    api, floats = commissioned(deployment(tmp_path, SIGNAL, STANDARDISED), windows)
    values = windows.reshape(20, 8)[:, [5, 0]]
    assert floats[21:23] == pytest.approx(values.mean(axis=0), rel=1e-6)
    assert floats[23:25] == pytest.approx(values.std(axis=0), rel=1e-6)
    assert floats[0] == floats[20] == max(floats[1:21])  # 20 scores promise no 1 %: the largest
    assert api.run(windows[0]) == OK
    expected = ((values[0] - values.mean(axis=0)) / values.std(axis=0)).sum()
    assert api.result.outputs[0].score == pytest.approx(expected, rel=1e-4)


def test_images_keep_their_model_and_get_threshold_and_p_values(tmp_path: Path) -> None:
    windows = np.random.default_rng(0).integers(0, 50, (20, 1, 2, 1)).astype(np.uint8)
    api, floats = commissioned(deployment(tmp_path, IMAGE, BRIGHTNESS), windows)
    scores = np.sort(windows.reshape(20, 2).sum(axis=1))
    assert floats[1:21].tolist() == scores.tolist()
    assert floats[0] == scores[-1]
    for brightness, decision, p in ((200, 1, 1 / 21), (0, 0, 1.0)):
        assert api.run(np.full((1, 2, 1), brightness, np.uint8)) == OK
        output = api.result.outputs[0]
        assert (output.decision, output.drift, output.drifting) == (decision, -1.0, 0)
        assert output.p_value == pytest.approx(p)


def test_without_commissioning_no_code_of_it_is_in_a_package(tmp_path: Path) -> None:
    files = library_files(Graph(TrainedImpulse.load(deployment(tmp_path, SIGNAL, STANDARDISED))))
    assert not [name for name in files if "calibrate" in name]
    assert "calibrat" not in files["own.h"] + files["own.cpp"]


@pytest.mark.parametrize(
    ("windows", "changed", "error", "message"),
    [
        (5, {}, BlockError, "calibration-windows is 5; allowed: 0 .* or 16 to 1000 windows"),
        (1001, {}, BlockError, "calibration-windows is 1001"),
        (20, {"kind": "regression"}, BlockError, "needs an anomaly node"),
        (
            0,
            {"standardisation": {**TABLES, "mean": "none"}},
            RequestError,
            "must name three tables of one length",
        ),
        (0, {"tables": {"scale": np.zeros(2, np.float32)}}, RequestError, "scale above 0"),
        (
            0,
            {"tables": {"selected": np.array([0, 8], np.int32)}},
            RequestError,
            "chooses column 8 of 8 inputs",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, windows: int, changed: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        library_files(
            Graph(TrainedImpulse.load(deployment(tmp_path, SIGNAL, STANDARDISED, **changed)), windows)
        )

"""Visual anomaly detection as one ONNX graph, on several images at a time: as Python, which sees one after another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edgewright_sdk import Context, Params, Windows, load_block

from .networks import tiny_backbone

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)


@pytest.mark.parametrize(
    ("size", "channels", "given"),
    [
        ((50, 70), 1, {"min_cells": 5, "pool_size": 5, "sampling_ratio": 0.5}),
        ((96, 64), 3, {"neighbours": 1, "taps": ["coarse"], "bank": "int8"}),
        ((40, 88), 3, {"neighbours": 50, "sampling_ratio": 1.0, "taps": ["coarse", "fine"]}),
        ((48, 48), 3, {"scoring": "gmm", "min_cells": 4}),
        ((90, 70), 1, {"scoring": "gmm", "capacity": "high", "taps": ["coarse"]}),
        ((56, 48), 3, {"backbone": "efficientnet-lite0", "taps": [], "layers": 3, "sampling_ratio": 0.1}),
    ],
)  # fmt: skip
def test_onnx_equals_python(tmp_path, monkeypatch, size, channels, given):
    (tmp_path / "tiny.onnx").write_bytes(tiny_backbone())
    monkeypatch.setenv("EDGEWRIGHT_MOUNT_BACKBONE", str(tmp_path))
    params = Params.defaults(FOLDER, **{"backbone": "tiny.onnx", "taps": ["fine", "coarse"], **given})
    spec = {"kind": "image", "height": size[0], "width": size[1], "channels": channels}
    images = np.random.default_rng(1).integers(0, 256, (8, *size, channels), dtype=np.uint8)
    block = BLOCK.new(Context(seed=3))
    model = block.fit(Windows(images[:6], spec), None, params, block.context)
    seen = images[5:]  # the first was learned from: its kept cells are met again
    python = block.score(model, Windows(seen, spec), params)
    session = onnxruntime.InferenceSession(
        block.export(model, spec, params).onnx, providers=["CPUExecutionProvider"]
    )
    scores, maps = session.run(["scores", "map"], {"input": seen})
    met_again = 5e-3 * (python.map < 1) * (params.scoring != "gmm")  # rounding, under a root
    assert (np.abs(maps - python.map) <= 1e-4 + 1e-4 * np.abs(python.map) + met_again).all()
    np.testing.assert_array_equal(scores, np.sort(maps.reshape(3, -1), axis=1)[:, -params.min_cells])

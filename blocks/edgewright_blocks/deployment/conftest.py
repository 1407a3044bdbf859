"""What the tests of all deployment blocks build on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgewright_sdk import Params, ProcessingBlock, TrainedImpulse, WindowSpec
from edgewright_sdk.loading import load_block

RAW = Path(__file__).resolve().parents[1] / "processing" / "raw"
WINDOW: WindowSpec = {"kind": "time-series", "length": 3, "axes": ["a", "b"], "frequency": 10.0}


@pytest.fixture
def impulse(tmp_path: Path) -> TrainedImpulse:
    """A deployment folder whose only node multiplies by 2; its self-test holds two windows."""
    folder = tmp_path / "impulse"
    (folder / "nodes").mkdir(parents=True)
    (folder / "selftest").mkdir()
    loaded = load_block(RAW)
    block = loaded.new()
    assert isinstance(block, ProcessingBlock)
    export = block.export(WINDOW, Params.defaults(RAW, scale_axes=2.0))
    export.write(folder / "nodes" / "raw", RAW / "device")
    loaded.close()
    windows = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    np.save(folder / "selftest" / "windows.npy", windows)
    np.save(folder / "selftest" / "features-raw.npy", 2 * windows.reshape(2, 6))
    (folder / "selftest" / "decisions.json").write_text(json.dumps([{"nodes": {}}, {"nodes": {}}]))
    node = {
        "id": "raw",
        "type": "processing",
        "inputs": ["input"],
        "axes": [0, 1],
        "labels": list("uvwxyz"),
        "features": 6,
    }
    document = {"contract": 1, "name": "Two", "build_id": "0123456789abcdef", "namespace": "two_01234567"}
    document |= {"window": {**WINDOW, "stride": 1}, "nodes": [node]}
    (folder / "deployment.json").write_text(json.dumps(document))
    return TrainedImpulse.load(folder)

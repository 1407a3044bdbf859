"""The onnx block on the smallest impulse: one `raw` node, which learns nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgewright_sdk import BlockError, Params, TrainedImpulse
from edgewright_sdk.loading import load_block

HERE = Path(__file__).resolve().parents[1]


def build(impulse: TrainedImpulse, out: Path, **given: str) -> dict:
    out.mkdir()
    loaded = load_block(HERE)
    params = Params.defaults(HERE, **given)
    loaded.new().build(impulse, params, out)
    try:
        return loaded.new().verify(out, params)
    finally:
        loaded.close()


def test_features_where_nothing_is_learned(impulse: TrainedImpulse, tmp_path: Path) -> None:
    found = build(impulse, tmp_path / "package")
    assert found["ok"]
    assert found["nodes"]["raw"]["largest_difference"] == 0
    written = {
        str(p.relative_to(tmp_path / "package")) for p in (tmp_path / "package").rglob("*") if p.is_file()
    }
    assert written == {
        "two.onnx",
        "README.md",
        "LICENSE.txt",
        "selftest/windows.npy",
        "selftest/expected.json",
    }
    assert "raw.features" in (tmp_path / "package" / "README.md").read_text()


def test_what_differs_is_told(impulse: TrainedImpulse, tmp_path: Path) -> None:
    np.save(impulse.folder / "selftest" / "features-raw.npy", np.zeros((2, 6), np.float32))
    found = build(impulse, tmp_path / "package")
    assert not found["ok"]
    assert found["nodes"]["raw"]["largest_difference"] == 22


def test_a_node_without_a_graph_is_refused_by_name(impulse: TrainedImpulse, tmp_path: Path) -> None:
    path = impulse.folder / "nodes" / "raw" / "export.json"
    document = json.loads(path.read_text())
    del document["onnx"]
    path.write_text(json.dumps(document))
    with pytest.raises(BlockError, match=r"node 'raw'.*gives no ONNX graph"):
        build(TrainedImpulse.load(impulse.folder), tmp_path / "package")


def test_no_selftest_no_verification(impulse: TrainedImpulse, tmp_path: Path) -> None:
    with pytest.raises(BlockError, match="selftest-data"):
        build(impulse, tmp_path / "package", selftest_data="none")

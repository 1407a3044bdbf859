"""The onnx block on the smallest impulse: one `raw` node, which learns nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edgewright_blocks.deployment.onnx.impulse import impulse_onnx
from edgewright_sdk import BlockError, Export, Params, TrainedImpulse
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.fragments import Fragment
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


def darkness() -> bytes:
    """A graph of images 4 × 5 in grey: a map of how dark each pixel is, and the darkest."""
    graph = Fragment([4, 5, 1], "uint8")
    dark = graph.do("Sub", 255.0, graph.reshaped(graph.numbers("input"), [-1, 4, 5]))
    graph.give("scores", graph.largest(dark, [1, 2]))
    graph.give("map", dark)
    return graph.data()


def test_regions_decide_by_their_cells(tmp_path: Path) -> None:
    folder = tmp_path / "impulse"
    (folder / "device").mkdir(parents=True)
    for name in ("node.h", "node.cpp"):
        (folder / "device" / name).touch()
    scores, grid = {"name": "scores", "dtype": "float32", "shape": [1]}, {"dtype": "float32", "shape": [4, 5]}
    whole = Export(
        symbol="ew_dark", header="node.h", sources=["node.cpp"], modules=[], tables={},
        inputs=[{"dtype": "uint8", "shape": [4, 5, 1]}], outputs=[scores, {**grid, "name": "map"}], onnx=darkness(),
    )  # fmt: skip
    # As the host exports a region: no file but tables.
    cells = np.array([1, 2, 6, 7, 13], np.int32)
    region = Export(
        symbol="ew_region", header="node.h", sources=[], modules=["region"],
        tables={"places": 20, "count": 5, "cells": cells, "min_cells": 2}, inputs=[grid], outputs=[scores],
    )  # fmt: skip
    (folder / "nodes").mkdir()
    learning = {"type": "learning", "kind": "anomaly", "contributions": [], "classes": []}
    nodes = [
        {"id": "dark", "inputs": ["input"], **learning},
        {"id": "seam", "inputs": ["dark"], "threshold": {"value": 100.0}, **learning},
    ]
    for node, export in zip(nodes, (whole, region), strict=True):
        export.write(folder / "nodes" / str(node["id"]), folder / "device")
    document = {"contract": 1, "name": "Lids", "build_id": "00000000000000bb", "namespace": "lids_00000000"}
    document |= {"window": {"kind": "image", "height": 4, "width": 5, "channels": 1}, "nodes": nodes}
    (folder / "deployment.json").write_text(json.dumps(document))
    images = np.random.default_rng(0).integers(100, 220, (6, 4, 5, 1), dtype=np.uint8)
    made = impulse_onnx(Graph(TrainedImpulse.load(folder)), TrainedImpulse.load(folder))
    session = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    found = dict(zip(names, session.run(names, {"input": images}), strict=True))
    assert names == [
        "dark.score", "dark.map", "dark.p", "dark.decision", "seam.score", "seam.p", "seam.decision", "decision",
    ]  # fmt: skip
    second = np.sort(255.0 - images.reshape(6, 20)[:, cells], axis=1)[:, -2]
    np.testing.assert_array_equal(found["seam.score"], second)
    np.testing.assert_array_equal(found["decision"], second > 100)
    assert 0 < found["decision"].sum() < 6

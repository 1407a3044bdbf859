"""Nodes of strangers: equal file names, state in streams, classification, maps, images, nodes that read nodes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from c_api import MORE, OK, CApi

from edgewright_sdk import Export
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.header import arena_bytes
from edgewright_sdk.codegen.nodes import load_node
from edgewright_sdk.codegen.package import library_files, write_files
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.errors import BlockError, RequestError

if TYPE_CHECKING:
    from pathlib import Path

HEADER = """// SPDX-License-Identifier: 0BSD
#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct SYMBOL_tables {
    int32_t count;
    const float* weights;
};

ew_status SYMBOL(const SYMBOL_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS
"""
SOURCE = """// SPDX-License-Identifier: 0BSD
#include "block.h"

namespace EW_NS {

ew_status SYMBOL(const SYMBOL_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch) {
    (void)state;
    (void)in;
    (void)scratch;
    const int32_t count = tables.count;
BODY
    return ew_ok;
}

}  // namespace EW_NS
"""


def node(
    folder: Path, symbol: str, body: str, shape: list[int], outputs: dict[str, list[int]], **more: Any
) -> None:
    """Export a node with tables ``count`` (inputs) and ``weights`` (1, 2, 3, …)."""
    device = folder.parent.parent / f"device-{symbol}"
    device.mkdir(exist_ok=True)
    (device / "block.h").write_text(HEADER.replace("SYMBOL", symbol))
    (device / "block.cpp").write_text(SOURCE.replace("SYMBOL", symbol).replace("BODY", body))
    count = int(np.prod(shape))
    Export(
        symbol=symbol,
        header="block.h",
        sources=["block.cpp"],
        modules=[],
        tables={"count": count, "weights": np.arange(1, count + 1, dtype=np.float32)},
        inputs=[{"dtype": more.pop("dtype", "float32"), "shape": shape}],
        outputs=[{"name": name, "dtype": "float32", "shape": size} for name, size in outputs.items()],
        **more,
    ).write(folder, device)


def impulse(folder: Path, window: dict[str, Any], nodes: list[dict[str, Any]], name: str = "own") -> Graph:
    document = {
        "contract": 1,
        "name": name,
        "build_id": "00000000000000aa",
        "namespace": "own_00000000",
        "window": window,
        "nodes": nodes,
    }
    (folder / "deployment.json").write_text(json.dumps(document))
    return Graph(TrainedImpulse.load(folder))


def start(graph: Graph, folder: Path, outputs: int) -> CApi:
    work = folder / "work"
    work.mkdir()
    write_files(library_files(graph), work / "src")
    api = CApi(work, work, "own", outputs=outputs, arena_bytes=arena_bytes(graph))
    assert api.start() == OK
    return api


SUM = "    float sum = 0.0f;\n    for (int32_t i = 0; i < count; ++i) sum += ew_floats(in[0])[i] * tables.weights[i];\n"
COUNTER = SUM + (
    "    float* const seen = static_cast<float*>(state);\n    if (seen != nullptr) sum += 1000.0f * seen[0]++;\n"
    "    ew_floats(out[0])[0] = sum;"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    return tmp_path


def test_state_is_kept_in_streams_only(folder: Path) -> None:
    """A processing node that counts its calls, read by a processing node, read by a learning node with the first."""
    node(folder / "nodes" / "first", "own_counter", COUNTER, [4, 2], {"features": [1]}, state_bytes=4)
    node(
        folder / "nodes" / "second",
        "own_double",
        SUM + "    ew_floats(out[0])[0] = 2.0f * sum;",
        [1],
        {"features": [1]},
    )
    node(folder / "nodes" / "last", "own_sum", SUM + "    ew_floats(out[0])[0] = sum;", [2], {"scores": [1]})
    window = {"kind": "time-series", "length": 4, "axes": ["a", "b"], "frequency": 10.0, "stride": 2}
    graph = impulse(
        folder,
        window,
        [
            {
                "id": "first",
                "type": "processing",
                "inputs": ["input"],
                "axes": [],
                "labels": ["f"],
                "features": 1,
            },
            {
                "id": "second",
                "type": "processing",
                "inputs": ["first"],
                "axes": [],
                "labels": ["g"],
                "features": 1,
            },
            {"id": "last", "type": "learning", "kind": "regression", "inputs": ["second", "first"]},
        ],
    )
    api = start(graph, folder, 1)
    signal = np.arange(16, dtype=np.float32).reshape(8, 2)

    def expected(start: int, calls: int) -> float:
        first = float((signal[start : start + 4].ravel() * np.arange(1, 9)).sum()) + 1000 * calls
        return 2 * first + 2 * first  # weights 1 and 2 on (second = 2·first, first)

    for _ in range(2):
        assert api.run(signal[:4]) == OK
        assert api.result.outputs[0].score == expected(0, 0)
    assert api.call("stream_init", api.stream, api.model) == OK
    found, at = [], 0
    while at < len(signal):
        status, used = api.push(signal[at:])
        at += used
        if status != MORE:
            assert status == OK
            found.append(api.result.outputs[0].score)
    assert found == [expected(0, 0), expected(2, 1), expected(4, 2)]
    assert api.result.outputs[0].p_value == -1.0
    assert api.result.outputs[0].contribution_count == 0


def test_classification_of_images_with_a_map(folder: Path) -> None:
    """A learning node that reads the image itself; a second one gives a map."""
    body = (
        "    const uint8_t* const pixels = static_cast<const uint8_t*>(in[0].data);\n"
        "    float sum = 0.0f;\n    for (int32_t i = 0; i < count; ++i) sum += static_cast<float>(pixels[i]);\n"
        "    const float share = sum / (255.0f * static_cast<float>(count));\n"
    )
    classes = body + "    ew_floats(out[0])[0] = 1.0f - share;\n    ew_floats(out[0])[1] = share;"
    cells = (
        body
        + "    ew_floats(out[0])[0] = share;\n    for (int32_t i = 0; i < 4; ++i) ew_floats(out[1])[i] = share * tables.weights[i];"
    )
    shape = [2, 3, 1]
    node(folder / "nodes" / "kind", "own_kind", classes, shape, {"probabilities": [2]}, dtype="uint8")
    node(folder / "nodes" / "spot", "own_spot", cells, shape, {"scores": [1], "map": [2, 2]}, dtype="uint8")
    graph = impulse(
        folder,
        {"kind": "image", "width": 3, "height": 2, "channels": 1},
        [
            {
                "id": "kind",
                "type": "learning",
                "kind": "classification",
                "inputs": ["input"],
                "classes": ["dark", "bright"],
            }
            | {"threshold": {"value": 0.6, "smoothing": 0.25}},
            {"id": "spot", "type": "learning", "kind": "anomaly", "inputs": ["input"]},
        ],
    )
    api = start(graph, folder, 2)
    for level, decision in ((255, 1), (0, 0), (128, -1)):
        assert api.run(np.full(shape, level, np.uint8)) == OK
        kind, spot = api.result.outputs[0], api.result.outputs[1]
        assert kind.decision == decision
        assert kind.class_count == 2
        assert kind.class_scores[1] == pytest.approx(level / 255)
        assert (spot.map_height, spot.map_width) == (2, 2)
        assert [spot.map[i] for i in range(4)] == pytest.approx([level / 255 * w for w in (1, 2, 3, 4)])
        assert spot.decision == 0  # without a threshold nothing is anomalous
        assert api.result.class_index == decision
        assert api.label() == {1: "bright", 0: "dark", -1: "uncertain"}[decision]
    assert api.text("class_label", 0, 1) == "bright"
    assert [api.get("smoothing", 0), api.get("smoothing", 1)] == [0.25, 0.0]
    assert api.set("threshold", 0.2, output=1) == OK
    assert api.run(np.full(shape, 255, np.uint8)) == OK
    assert api.result.outputs[0].decision == 1
    assert (api.result.decision, api.result.class_index, api.label()) == (1, -1, "anomaly")  # it wins


def test_one_symbol_with_two_codes_is_refused(folder: Path) -> None:
    node(
        folder / "nodes" / "a", "own_same", SUM + "    ew_floats(out[0])[0] = sum;", [4, 1], {"features": [1]}
    )
    node(
        folder / "nodes" / "b",
        "own_same",
        SUM + "    ew_floats(out[0])[0] = -sum;",
        [4, 1],
        {"features": [1]},
    )
    entries = [
        {"id": name, "type": "processing", "inputs": ["input"], "axes": [0], "labels": ["f"], "features": 1}
        for name in ("a", "b")
    ]
    graph = impulse(folder, {"kind": "time-series", "length": 4, "axes": ["a"], "frequency": 1.0}, entries)
    with pytest.raises(RequestError, match="export the symbol 'own_same' with different code"):
        library_files(graph)


@pytest.mark.parametrize(
    ("body", "more", "message"),
    [
        ("    return ew_bad_shape;", {}, "another shape"),
        (
            "    if (ew_take<float>(scratch, 5) == nullptr) return ew_no_memory;",
            {"scratch_bytes": 16},
            "too small",
        ),
        (
            "    static_cast<unsigned char*>(scratch.next)[20] = 1;",
            {"scratch_bytes": 16},
            "wrote beyond its scratch",
        ),
    ],
)
def test_faults_of_a_node_are_named(folder: Path, body: str, more: dict[str, Any], message: str) -> None:
    node(folder / "nodes" / "a", "own_fault", body, [4], {"features": [1]}, **more)
    loaded = load_node(folder / "nodes" / "a")
    work = folder / "build"
    work.mkdir()
    with pytest.raises(BlockError, match=message):
        DeviceNode(build_library([loaded], work), loaded).run(np.zeros(4, np.float32))


def test_struct_that_differs_from_tables_is_told(folder: Path) -> None:
    node(folder / "nodes" / "a", "own_fields", "", [4], {"features": [1]})
    path = folder / "nodes" / "a" / "export.json"
    document = json.loads(path.read_text())
    document["tables"].append({"name": "extra", "dtype": "float32", "value": 1.0})
    path.write_text(json.dumps(document))
    loaded = load_node(path.parent)
    work = folder / "build"
    work.mkdir()
    with pytest.raises(RequestError, match=r"own_fields_tables has 16 bytes in C\+\+ and 24 by export.json"):
        DeviceNode(build_library([loaded], work), loaded)

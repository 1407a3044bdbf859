"""Strips: how much smaller the arena becomes, and at what price. That they give the same numbers is in tests/runtime/test_network.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgewright_sdk.compiler import Graph, Op, lower, memory_map
from edgewright_sdk.compiler.bands import Rows, has_bands, in_bands, needed
from edgewright_sdk.compiler.planning import plan_memory
from edgewright_sdk.compiler.strips import MOST_REPEATED, multiply_adds, strips


class Chain:
    """A network of convolutions, channels last, from ``x``."""

    def __init__(self, *shape: int, dtype: str = "float32") -> None:
        self.ops: list[Op] = []
        self.shapes: dict[str, tuple[int, ...]] = {"x": (1, *shape)}
        self.constants: dict[str, Any] = {}
        self.dtype, self.last = dtype, "x"

    def conv(self, made: int, kernel: int = 1, stride: int = 1, groups: int = 1, residual: str = "") -> str:
        _, height, width, deep = self.shapes[self.last]
        name, before = f"v{len(self.ops)}", kernel // 2
        sizes = [-(-size // stride) for size in (height, width)]
        settings: dict[str, Any] = {
            "groups": groups, "kernel": (kernel, kernel), "strides": (stride, stride), "dilations": (1, 1),
            "pads": (before, before, before, before),
        }  # fmt: skip
        self.constants[f"{name}w"] = np.zeros((made, deep // groups, kernel, kernel), np.float32)
        inputs = (self.last, f"{name}w", "bias", *([residual] if residual else []))
        if residual:
            settings["residual"] = True
        self.ops.append(Op("conv", inputs, name, f"Conv {name!r}", settings))
        self.shapes[name] = (1, *sizes, made)
        self.last = name
        return name

    def graph(self) -> Graph:
        self.constants["bias"] = np.zeros(1, np.float32)  # nothing here is run
        shapes = self.shapes | {name: array.shape for name, array in self.constants.items()}
        dtypes = {} if self.dtype == "float32" else dict.fromkeys(self.shapes, self.dtype)
        return Graph("net.onnx", "x", (self.last,), self.ops, shapes, self.constants, dtypes)


def efficientnet(dtype: str) -> Graph:
    """EfficientNet-Lite0 to stride 8, of 96 × 96 pixels."""
    net = Chain(96, 96, 3, dtype=dtype)
    net.conv(32, 3, 2)
    net.conv(32, 3, 1, 32)
    net.conv(16)
    for deep, made, kernel, stride in ((96, 24, 3, 2), (144, 24, 3, 1), (144, 40, 5, 2), (240, 40, 5, 1)):
        first = net.last
        net.conv(deep)
        net.conv(deep, kernel, stride, deep)
        net.conv(made, residual=first if stride == 1 else "")
    return net.graph()


@pytest.mark.parametrize(
    ("dtype", "plain", "most"), [("int8", 276_480, 160_000), ("float32", 1_105_920, 640_000)]
)
def test_a_backbone_needs_half_the_memory(dtype: str, plain: int, most: int) -> None:
    graph = efficientnet(dtype)
    made = strips(graph)
    assert plan_memory(graph).size == plain
    assert plan_memory(made).size <= most
    assert multiply_adds(graph) < multiply_adds(made) <= (1 + MOST_REPEATED) * multiply_adds(graph)


def test_what_saves_little_stays_as_it_is() -> None:
    net = Chain(8, 8, 4)
    net.conv(4, 3)
    net.conv(4)
    graph = net.graph()
    assert strips(graph) is graph


def test_the_map_counts_operations_and_holds_what_lives_within_the_arena() -> None:
    program = lower(efficientnet("float32"))
    made = memory_map(program)
    assert len(made["steps"]) == sum(op.kind == "conv" for op in program.graph.ops)
    assert made["weights"] == program.weights.nbytes
    for value in made["values"]:
        assert 0 <= value["offset"] <= value["offset"] + value["size"] <= made["arena"]
        assert 0 <= value["first"] <= value["last"] <= len(made["steps"])
    used = {step for value in made["values"] for step in range(value["first"], value["last"] + 1)}
    assert used == set(range(len(made["steps"]) + 1))


@pytest.mark.parametrize("height", [1, 3, 4, 9])
def test_bands_cover_all_rows_once_and_ask_for_what_they_need(height: int) -> None:
    net = Chain(20, 6, 2)
    net.conv(8, 5)
    net.conv(8, 3, 2, 8)
    graph = net.graph()
    ops, shapes, dtypes = in_bands(graph, graph.ops, height)
    made = replace(graph, ops=ops, shapes=graph.shapes | shapes, dtypes=graph.dtypes | dtypes)
    assert sum(shapes[name][1] for name in ops[-1].inputs) == graph.shapes[graph.output][1]
    places = plan_memory(made).places
    begin = places[graph.output]
    for part in ops[-1].inputs:  # each behind the one before
        assert places[part] == begin
        begin += 4 * made.count(part)
    for op in ops:
        if op.kind == "conv":  # as many rows as the windows of the band cover
            given, (top, _, bottom, _) = made.shapes[op.inputs[0]][1], op.settings["pads"]
            covered = (made.shapes[op.output][1] - 1) * op.settings["strides"][0] + op.settings["kernel"][0]
            assert given + top + bottom == covered


def test_rows_that_a_window_needs() -> None:
    net = Chain(20, 6, 2)
    net.conv(2, 5, 2)
    graph = net.graph()
    (op,) = graph.ops
    assert needed(graph, op, 0, Rows(0, 1)) == (0, 3)
    assert needed(graph, op, 0, Rows(4, 6)) == (6, 13)
    assert needed(graph, op, 0, Rows(9, 10)) == (16, 20)


def test_what_mixes_rows_has_no_bands() -> None:
    net = Chain(20, 6, 2)
    net.conv(2)
    graph = net.graph()
    shapes = graph.shapes | {"r": (1, 1, 1, 2), "s": (1, 20, 6, 2), "f": (1, 240)}
    graph = replace(graph, shapes=shapes)
    for op in (
        Op("reduce", ("v0",), "r", "n", {"axes": (1, 2), "reduction": "mean"}), Op("softmax", ("v0",), "s", "n", {"axis": 1}),
        Op("reshape", ("v0",), "f", "n"),
    ):  # fmt: skip
        assert not has_bands(graph, op)
    assert has_bands(graph, Op("softmax", ("v0",), "s", "n", {"axis": 3}))
    assert has_bands(graph, Op("mul", ("v0", "r"), "s", "n"))

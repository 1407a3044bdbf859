"""Where transposes are left when a network lies channels last, and how its memory is shared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgewright_sdk.compiler import Graph, Op, optimise, reads_channels_last
from edgewright_sdk.compiler.channels_last import channels_last
from edgewright_sdk.compiler.passes import stack_parts
from edgewright_sdk.compiler.planning import plan_memory

SETTINGS = {"kernel": (1, 1), "strides": (1, 1), "dilations": (1, 1), "pads": (0, 0, 0, 0)}
TURN, BACK = {"axes": (0, 3, 1, 2)}, {"axes": (0, 2, 3, 1)}


class Onnx:
    """A network from ``x`` as it is read, channels before height and width."""

    def __init__(self, *shape: int) -> None:
        self.shapes: dict[str, tuple[int, ...]] = {"x": shape}
        self.ops: list[Op] = []
        self.constants: dict[str, Any] = {}

    def add(self, kind: str, given: str, *shape: int, more: tuple[str, ...] = (), **settings: Any) -> str:
        name = f"v{len(self.ops)}"
        self.ops.append(Op(kind, (given, *more), name, f"node of {name}", settings))
        self.shapes[name] = shape
        return name

    def constant(self, *shape: int) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
        return name

    def conv(self, given: str, made: int) -> str:
        _, deep, *size = self.shapes[given]
        more = (self.constant(made, deep, 1, 1), self.constant(made))
        return self.add("conv", given, 1, made, *size, more=more, groups=1, **SETTINGS)

    def graph(self, *outputs: str) -> Graph:
        shapes = self.shapes | {name: array.shape for name, array in self.constants.items()}
        return Graph(
            "net.onnx", "x", outputs or (self.ops[-1].output,), self.ops, shapes, dict(self.constants)
        )


def kinds(graph: Graph) -> list[str]:
    return [op.kind for op in graph.ops]


def test_between_convolutions_nothing_is_transposed() -> None:
    net = Onnx(1, 3, 4, 5)
    value = net.conv("x", 8)
    value = net.add("activation", value, 1, 8, 4, 5, function="tanh")
    value = net.add("softmax", value, 1, 8, 4, 5, axis=1)
    value = net.add("pad", value, 1, 8, 5, 5, begin=(0, 0, 1, 0), value=1.0)
    net.conv(value, 2)
    graph = net.graph()
    made = channels_last(graph)
    assert kinds(made) == ["transpose", "conv", "activation", "softmax", "pad", "conv", "transpose"]
    assert [made.shapes[op.output] for op in made.ops][1::3] == [(1, 4, 5, 8), (1, 5, 5, 8)]
    assert made.ops[3].settings["axis"] == 3
    assert made.ops[4].settings["begin"] == (0, 1, 0, 0)
    inside = channels_last(graph, {"x", graph.output})
    assert kinds(inside) == ["conv", "activation", "softmax", "pad", "conv"]
    assert inside.shapes["x"] == (1, 4, 5, 3)
    assert reads_channels_last(graph)


def test_transposes_of_the_network_cancel() -> None:
    """As TensorFlow's networks come: channels last outside, and around every convolution."""
    net = Onnx(1, 4, 5, 3)
    value = net.conv(net.add("transpose", "x", 1, 3, 4, 5, **TURN), 8)
    value = net.add("transpose", value, 1, 4, 5, 8, **BACK)
    value = net.add("add", value, 1, 4, 5, 8, more=(net.constant(8),))
    value = net.conv(net.add("transpose", value, 1, 8, 4, 5, **TURN), 2)
    net.add("transpose", value, 1, 4, 5, 2, **BACK)
    graph = net.graph()
    assert kinds(optimise(graph)) == ["conv", "conv"]
    assert not reads_channels_last(graph)


def test_a_flattened_image_is_transposed_in_the_weights() -> None:
    net = Onnx(1, 3, 4, 5)
    value = net.add("reshape", net.conv("x", 2), 1, 40)
    weights = net.constant(6, 40)
    net.add("dense", value, 1, 6, more=(weights, net.constant(6)))
    made = optimise(net.graph())
    assert kinds(made) == ["transpose", "conv", "reshape", "dense"]
    moved = net.constants[weights].reshape(6, 2, 4, 5).transpose(0, 2, 3, 1).reshape(6, 40)
    np.testing.assert_array_equal(made.constants[made.ops[-1].inputs[1]], moved)


def test_axes_of_one_come_and_go_without_a_transpose() -> None:
    net = Onnx(1, 3, 9)
    value = net.add("reshape", "x", 1, 3, 1, 9)
    value = net.add("reshape", net.conv(value, 8), 1, 8, 9)
    value = net.add("reduce", value, 1, 8, axes=(2,), reduction="mean")
    graph = net.graph()
    assert [kind for kind in kinds(optimise(graph)) if kind != "reshape"] == ["transpose", "conv", "reduce"]


@pytest.mark.parametrize("kept", [True, False])
def test_an_output_inside_is_given_in_the_order_that_is_asked(kept: bool) -> None:
    net = Onnx(1, 3, 4, 5)
    first = net.conv("x", 2)
    last = net.conv(first, 2)
    made = optimise(net.graph(first, last), {"x", last} if kept else {"x"})
    assert kinds(made) == ["conv", "conv", *["transpose"] * (1 if kept else 2)]
    assert [made.shapes[name] for name in made.outputs] == [
        (1, 2, 4, 5),
        (1, 4, 5, 2) if kept else (1, 2, 4, 5),
    ]


def flat(*ops: Op, width: int = 8, **shapes: Any) -> Graph:
    known = {"x": (1, width), **{op.output: (1, width) for op in ops}, **shapes}
    return Graph("net.onnx", "x", (ops[-1].output,), list(ops), known, {})


def each(output: str, *inputs: str, kind: str = "activation") -> Op:
    return Op(kind, inputs, output, f"node of {output}")


def test_what_is_joined_is_written_where_it_is_needed() -> None:
    joined = Op("concat", ("a", "b", "a"), "y", "n", {"axis": 1})
    graph = stack_parts(flat(each("a", "x"), each("b", "x", "x", kind="add"), joined, y=(1, 24)))
    assert kinds(graph) == ["activation", "add", "copy", "stack"]
    memory = plan_memory(graph)
    begin = memory.places["y"]
    assert [memory.places[name] - begin for name in graph.ops[-1].inputs] == [0, 32, 64]
    assert {slot.name for slot in memory.slots} == {"x", "y"}


def test_rows_are_a_part_of_a_value() -> None:
    rows = Op("rows", ("a",), "r", "n", {"begin": 2})
    graph = flat(
        each("a", "x"), rows, each("y", "r"), width=4, x=(1, 5, 4), a=(1, 5, 4), r=(1, 3, 4), y=(1, 3, 4)
    )
    memory = plan_memory(graph)
    assert memory.places["r"] == memory.places["a"] + 2 * 4 * 4


def test_numbers_one_by_one_are_written_where_they_were_read_if_nobody_needs_them() -> None:
    graph = flat(each("a", "x"), each("b", "a"), each("y", "a", "b", kind="add"))
    memory = plan_memory(graph)
    assert memory.places["a"] == memory.places["x"]
    assert memory.places["b"] != memory.places["a"]  # a is needed once more
    assert memory.size == 64
    # What is read again and again would be gone.
    rows = Op("rows", ("x",), "r", "n", {"begin": 0})
    places = plan_memory(flat(rows, each("y", "x", "r", kind="mul"), r=(1, 1))).places
    assert places["y"] != places["x"] == places["r"]

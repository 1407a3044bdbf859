"""Each pass alone, on a network written as the text of the IR says; numbers are those of tests/runtime/test_network.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgewright_sdk.compiler import Graph, Op, passes
from edgewright_sdk.compiler.planning import plan_memory

CONV = {
    "groups": 1, "kernel": (1, 3), "strides": (1, 1), "dilations": (1, 1), "pads": (0, 0, 0, 0),
}  # fmt: skip
WEIGHTS, BIAS = np.arange(12.0).reshape(2, 2, 1, 3), np.array([1.0, -1.0])


def op(kind: str, output: str, *inputs: str, **settings: Any) -> Op:
    return Op(kind, inputs, output, f"node of {output}", settings)


def graph(ops: list[Op], shapes: dict[str, Any], constants: dict[str, Any] | None = None) -> Graph:
    """From ``x``, 8 steps of 2 channels, to the last operation."""
    values = {"w": WEIGHTS, "b": BIAS, **(constants or {})}
    held = {name: np.asarray(value, np.float32) for name, value in values.items()}
    known = {"x": (1, 8, 2), **shapes, **{name: array.shape for name, array in held.items()}}
    return Graph("net.onnx", "x", (ops[-1].output,), ops, known, held)


def kinds(made: Graph) -> list[str]:
    return [step.kind for step in made.ops]


def test_zeros_around_go_to_the_convolution() -> None:
    shapes = {"p": (1, 11, 2), "y": (1, 9, 2)}
    ops = [op("pad", "p", "x", begin=(0, 1, 0), value=0.0), op("conv", "y", "p", "w", "b", **CONV)]
    made = passes.fold_padding(graph(ops, shapes))
    assert made.dump().splitlines()[1].startswith("y [1, 9, 2] = conv(x, w:[2, 2, 1, 3], b:[2])")
    assert made.ops[0].settings["pads"] == (0, 1, 0, 2)
    other = [op("pad", "p", "x", begin=(0, 1, 0), value=1.0), ops[1]]
    assert kinds(passes.fold_padding(graph(other, shapes))) == ["pad", "conv"]


def test_numbers_a_channel_go_into_the_weights() -> None:
    shapes = dict.fromkeys("cmsay", (1, 6, 2))
    ops = [
        op("conv", "c", "x", "w", "b", **CONV), op("mul", "m", "c", "k"), op("sub", "s", "one", "m"),
        op("div", "a", "s", "two"), op("add", "y", "a", "k"),
    ]  # fmt: skip
    constants = {"k": np.array([2.0, 3.0]), "one": np.ones(1), "two": 2.0}
    made = passes.drop_dead(passes.fold_scales(graph(ops, shapes, constants)))
    (only,) = made.ops
    scale = np.array([2.0, 3.0])
    weights, bias = (made.constants[name] for name in only.inputs[1:])
    np.testing.assert_allclose(weights, -WEIGHTS * scale[:, None, None, None] / 2)
    np.testing.assert_allclose(bias, (1 - BIAS * scale) / 2 + scale)
    assert only.output == "y"


def test_what_differs_within_a_channel_or_is_used_twice_stays() -> None:
    shapes = dict.fromkeys("cmy", (1, 6, 2))
    conv = op("conv", "c", "x", "w", "b", **CONV)
    along = graph([conv, op("mul", "y", "c", "k")], shapes, {"k": np.ones((6, 1))})
    assert kinds(passes.fold_scales(along)) == ["conv", "mul"]
    twice = graph([conv, op("mul", "m", "c", "k"), op("add", "y", "m", "c")], shapes, {"k": np.ones(1)})
    assert kinds(passes.fold_scales(twice)) == ["conv", "mul", "add"]
    under = graph([conv, op("div", "y", "k", "c")], shapes, {"k": np.ones(1)})
    assert kinds(passes.fold_scales(under)) == ["conv", "div"]


def test_a_sum_is_made_by_the_later_convolution() -> None:
    shapes = dict.fromkeys("cdy", (1, 6, 2))
    ops = [
        op("conv", "c", "x", "w", "b", **CONV), op("conv", "d", "x", "w", "b", **CONV), op("add", "y", "d", "c"),
    ]  # fmt: skip
    made = passes.fuse_residuals(graph(ops, shapes))
    assert [(step.output, step.inputs) for step in made.ops] == [
        ("c", ("x", "w", "b")), ("y", ("x", "w", "b", "c")),
    ]  # fmt: skip


def test_an_activation_is_made_by_the_convolution_alone() -> None:
    shapes = dict.fromkeys("cyz", (1, 6, 2))
    conv, relu = op("conv", "c", "x", "w", "b", **CONV), op("activation", "y", "c", function="tanh")
    made = passes.fuse_activations(graph([conv, relu], shapes))
    assert [(step.kind, step.output, step.settings["function"]) for step in made.ops] == [
        ("conv", "y", "tanh")
    ]
    twice = passes.fuse_activations(graph([conv, relu, op("add", "z", "y", "c")], shapes))
    assert kinds(twice) == ["conv", "activation", "add"]


def test_what_the_output_does_not_need_is_dropped() -> None:
    shapes = dict.fromkeys("cdy", (1, 6, 2))
    ops = [op("conv", "c", "x", "w", "b", **CONV), op("activation", "d", "x"), op("activation", "y", "c")]
    made = passes.drop_dead(graph(ops, shapes, {"k": np.ones(1)}))
    assert kinds(made) == ["conv", "activation"]
    assert set(made.constants) == {"w", "b"}


def test_memory_is_shared_by_what_is_never_needed_together_and_a_reshape_takes_none() -> None:
    shapes = {"a": (1, 100), "r": (10, 10), "h": (1, 50), "y": (1, 80)}
    ops = [
        op("activation", "a", "x"), op("reshape", "r", "a"), op("activation", "h", "r"), op("activation", "y", "h"),
    ]  # fmt: skip
    memory = plan_memory(graph(ops, shapes))
    assert memory.places["r"] == memory.places["a"]
    assert memory.size == 4 * (100 + 52)  # a beside h, rounded up to 16 bytes; x and y lie where others were
    for one in memory.slots:
        for other in memory.slots:
            apart = memory.places[one.name] + one.size <= memory.places[other.name]
            apart |= memory.places[other.name] + other.size <= memory.places[one.name]
            assert one is other or apart or not one.overlaps(other)

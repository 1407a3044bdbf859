"""What is refused while reading a network: by the node's name, with what is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgewright_sdk import BlockError
from edgewright_sdk.compiler import read_graph


def network(
    nodes: list[Any],
    constants: dict[str, Any] | None = None,
    *,
    given: int = TensorProto.FLOAT,
    shape: tuple[int, ...] = (1, 2, 6),
) -> bytes:
    held = [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()]
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", given, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], held,
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())


def node(kind: str, *inputs: str, **settings: Any) -> Any:
    return helper.make_node(kind, list(inputs), ["y"], name="last", **settings)


PADDING = {"p": np.array([0, 0, 1, 0, 0, 1])}
REFUSED = {
    "operator": (node("Erf", "x"), {}, r"the device doesn't have Erf \('last'\); it has Abs, Add, AveragePool"),
    "computed weights": (node("MatMul", "x", "x2"), {}, r"MatMul 'last': its input 'x2' is computed"),
    "mode": (node("Pad", "x", "p", mode="reflect"), PADDING, "Pad 'last': its mode is reflect; allowed: constant"),
    "cut": (node("Pad", "x", "p"), {"p": -PADDING["p"]}, r"Pad 'last': its pads are \[0, 0, -1"),
    "batch": (node("MaxPool", "two", kernel_shape=[2]), {}, r"MaxPool 'last': its input has shape \[2, 1, 6\]; allowed: a batch of 1"),
    "type": (node("Cast", "x", to=TensorProto.INT32), {}, "Cast 'last': it gives int32; allowed: float32"),
    "constant": (node("Relu", "c"), {"c": np.ones(3, np.float32)}, "doesn't depend on the input"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_device_does_not_have_is_refused_by_name(name: str) -> None:
    last, constants, message = REFUSED[name]
    before = [
        helper.make_node("Transpose", ["x"], ["x2"], perm=[0, 2, 1]),
        helper.make_node("Transpose", ["x"], ["two"], perm=[1, 0, 2]),
    ]
    with pytest.raises(BlockError, match=rf"^net.onnx.*{message}"):
        read_graph(network([*before, last], constants), "net.onnx", (1, 2, 6), "y")


def test_a_network_of_other_floats_is_refused() -> None:
    data = network([node("Relu", "x")], given=TensorProto.DOUBLE)
    with pytest.raises(BlockError, match="computes in float32"):
        read_graph(data, "net.onnx", (1, 2, 6), "y")


def test_what_is_not_needed_is_not_read() -> None:
    """Another output may use what it likes; a shape worked out from the input's is a constant."""
    nodes = [
        helper.make_node("Erf", ["x"], ["other"]),
        helper.make_node("Shape", ["x"], ["sizes"]),
        helper.make_node("Gather", ["sizes", "place"], ["first"]),
        helper.make_node("Concat", ["first", "rest"], ["target"], axis=0),
        node("Reshape", "x", "target"),
    ]
    constants = {"place": np.array([0]), "rest": np.array([-1])}
    made = read_graph(network(nodes, constants), "net.onnx", (1, 2, 6), "y")
    assert made.dump() == "input x [1, 2, 6]\ny [1, 12] = reshape(x)\noutput y"

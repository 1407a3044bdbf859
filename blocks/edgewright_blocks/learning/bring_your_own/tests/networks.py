"""Small networks as ONNX files, for tests: weighted sums, and what may come behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


def write_network(path: Path, weights: Any, *, end: str | None = None, batch: str | int = "N") -> None:
    """Write ``y = end(x W)`` with ``weights`` of shape (features, outputs); ``end`` is an operator such as Softmax."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    table = np.asarray(weights, np.float32)
    width, outputs = table.shape
    value, sums = helper.make_tensor_value_info, "y" if end is None else "sums"
    nodes = [helper.make_node("MatMul", ["x", "weights"], [sums])]
    if end is not None:
        nodes.append(helper.make_node(end, [sums], ["y"]))
    graph = helper.make_graph(
        nodes, "network",
        [value("x", TensorProto.FLOAT, [batch, width])], [value("y", TensorProto.FLOAT, [batch, outputs])],
        [numpy_helper.from_array(table, "weights")],
    )  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))

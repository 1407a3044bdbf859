"""ONNX networks written node by node, compiled, and held to onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from edgewright_sdk.codegen.ctypes_node import DeviceLibrary, DeviceNode
from edgewright_sdk.codegen.nodes import load_node
from edgewright_sdk.compiler import compile_graph, read_graph

DEVICE = Path(__file__).resolve().parents[2] / "blocks/edgewright_blocks/learning/bring_your_own/device"
OPSET = 18


class Net:
    """An ONNX network from ``x``, built node by node."""

    def __init__(self, *shape: int, opset: int = OPSET) -> None:
        self.shape, self.opset = shape, opset
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def const(self, array: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def add(self, kind: str, *inputs: Any, **settings: Any) -> str:
        name = f"v{len(self.nodes)}"
        given = [value if isinstance(value, str) else self.const(value) for value in inputs]
        self.nodes.append(helper.make_node(kind, given, [name], name=f"n{len(self.nodes)}", **settings))
        return name

    def data(self, output: str = "") -> bytes:
        output = output or self.output
        graph = helper.make_graph(
            self.nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)], self.constants,
        )  # fmt: skip
        opsets = [helper.make_opsetid("", self.opset)]
        return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())

    @property
    def output(self) -> str:
        return str(self.nodes[-1].output[0])


def floats(random: np.random.Generator, *shape: int) -> Any:
    return random.normal(size=shape).astype(np.float32)


def exported(net: Net, folder: Path) -> Any:
    program = compile_graph(read_graph(net.data(), "net.onnx", net.shape, net.output))
    count = int(np.prod(net.shape))
    outputs = int(np.prod(program.graph.shapes[program.graph.output]))
    output, tolerance = {"name": "scores", "shape": [outputs]}, {"absolute": 1e-4, "relative": 1e-4}
    program.export(inputs=count, selected=range(count), output=output, tolerance=tolerance).write(
        folder, DEVICE
    )
    return program, load_node(folder)


def expected(net: Net, x: Any, output: str = "") -> Any:
    """Work out with onnxruntime what a network gives, or what a value inside is; flat."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(net.data(output), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0].ravel()


def check(library: DeviceLibrary, net: Net, folder: Path, random: np.random.Generator) -> Any:
    """Compare a network with onnxruntime on random values; gives what was compiled."""
    program, node = exported(net, folder)
    x = floats(random, *net.shape)
    want = expected(net, x)
    got = DeviceNode(library, node).run(x.ravel())["scores"]
    size = float(np.abs(want).max())
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=2e-6 * max(size, 1), err_msg=program.graph.dump())
    return program

"""Compiled networks against onnxruntime: every operator with random shapes and settings, and whole networks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgewright_sdk import Features, FeatureSpec, Model
from edgewright_sdk.artifacts import score
from edgewright_sdk.artifacts.network import Network
from edgewright_sdk.artifacts.network_node import network_node
from edgewright_sdk.codegen.compilers import WARNINGS, native_compilers
from edgewright_sdk.codegen.ctypes_node import DeviceLibrary, DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node
from edgewright_sdk.compiler import compile_graph, read_graph
from edgewright_sdk.errors import BlockError

DEVICE = Path(__file__).resolve().parents[2] / "blocks/edgewright_blocks/learning/bring_your_own/device"
TRAP = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")
OPSET = 18
ROUNDS = 16


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

    def data(self) -> bytes:
        output = self.nodes[-1].output[0]
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


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> DeviceLibrary:
    """Compiled once, with undefined behaviour trapped; every network is data."""
    folder = tmp_path_factory.mktemp("network")
    net = Net(1, 2)
    net.add("Relu", "x")
    _, node = exported(net, folder / "node")
    (folder / "build").mkdir()
    return build_library([node], folder / "build", compiler=native_compilers()[0], options=[*WARNINGS, *TRAP])


def check(library: DeviceLibrary, net: Net, folder: Path, random: np.random.Generator) -> Any:
    """Compare a network with onnxruntime on random values; gives what was compiled."""
    program, node = exported(net, folder)
    x = floats(random, *net.shape)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(net.data(), options, providers=["CPUExecutionProvider"])
    want = session.run(None, {"x": x})[0].ravel()
    got = DeviceNode(library, node).run(x.ravel())["scores"]
    size = float(np.abs(want).max())
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=2e-6 * max(size, 1), err_msg=program.graph.dump())
    return program


def conv(random: np.random.Generator, axes: int) -> Net:
    groups = int(random.integers(1, 4))
    deep, made = groups * int(random.integers(1, 4)), groups * int(random.integers(1, 4))
    kernel, strides, dilations = (random.integers(1, 4, axes) for _ in range(3))
    size = (kernel - 1) * dilations + random.integers(1, 9, axes)
    net = Net(1, deep, *map(int, size))
    weights = floats(random, made, deep // groups, *kernel)
    bias = [floats(random, made)] if random.integers(2) else []
    padding: dict[str, Any] = {"pads": random.integers(0, 3, 2 * axes).tolist()}
    if random.integers(3) == 0 and dilations.max() == 1:
        padding = {"auto_pad": str(random.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))}
    net.add(
        "Conv", "x", weights, *bias, group=groups, strides=strides.tolist(), dilations=dilations.tolist(), **padding
    )  # fmt: skip
    return net


def depthwise(random: np.random.Generator) -> Net:
    net = Net(1, 5, int(random.integers(3, 9)), 7)
    net.add("Conv", "x", floats(random, 10, 1, 3, 3), group=5, pads=[1, 0, 1, 2])
    return net


def gemm(random: np.random.Generator) -> Net:
    rows, wide, made = (int(size) for size in random.integers(1, 9, 3))
    flip = int(random.integers(2))
    net = Net(rows, wide)
    weights = floats(random, made, wide) if flip else floats(random, wide, made)
    c = [floats(random, *shape) for shape in ((made,), (1, made), (rows, made), (1,))]
    net.add("Gemm", "x", weights, c[random.integers(4)], transB=flip, alpha=0.5, beta=2.0)
    return net


def matmul(random: np.random.Generator) -> Net:
    net = Net(1, 3, int(random.integers(1, 9)))
    net.add("MatMul", "x", floats(random, net.shape[2], 4))
    return net


def batch_norm(random: np.random.Generator) -> Net:
    net = Net(1, 3, 4, *([5] if random.integers(2) else []))
    value = (
        net.add("Conv", "x", floats(random, 3, 3, *[1] * (len(net.shape) - 2))) if random.integers(2) else "x"
    )
    numbers = [floats(random, 3) for _ in range(3)]
    net.add("BatchNormalization", value, *numbers, floats(random, 3) ** 2 + 0.1, epsilon=1e-3)
    return net


def activation(random: np.random.Generator) -> Net:
    net = Net(1, int(random.integers(1, 40)))
    value = net.add("Mul", "x", np.float32(4))
    kinds: list[tuple[str, list[Any], dict[str, Any]]] = [
        ("Relu", [], {}), ("Clip", [np.float32(-1), np.float32(2)], {}), ("Clip", [np.float32(0.5)], {}),
        ("LeakyRelu", [], {"alpha": 0.2}), ("Sigmoid", [], {}), ("Tanh", [], {}),
        ("HardSigmoid", [], {"alpha": 0.3}), ("HardSwish", [], {}), ("Exp", [], {}), ("Abs", [], {}),
    ]  # fmt: skip
    kind, inputs, settings = kinds[random.integers(len(kinds))]
    value = net.add(kind, value, *inputs, **settings)
    if random.integers(2):
        net.add("Sqrt", net.add("Abs", value))
    return net


def softmax(random: np.random.Generator) -> Net:
    net = Net(1, *map(int, random.integers(1, 6, 3)))
    net.add("Softmax", net.add("Mul", "x", np.float32(20)), axis=int(random.integers(-4, 4)))
    return net


def arithmetic(random: np.random.Generator) -> Net:
    shape = [1, *map(int, random.integers(1, 5, 3))]
    net = Net(*shape)
    other = [size if random.integers(2) else 1 for size in shape][int(random.integers(4)) :]
    kind = str(random.choice(["Add", "Sub", "Mul", "Div"]))
    constant = np.sign(floats(random, *other)) * (np.abs(floats(random, *other)) + 0.5)
    value = net.add(kind, *(["x", constant] if random.integers(2) else [net.add("Exp", "x"), constant]))
    net.add(kind, constant, net.add("Exp", net.add("Tanh", value)))
    return net


def both_computed(random: np.random.Generator) -> Net:
    net = Net(1, 4, 3, 5)
    pooled = net.add("GlobalAveragePool", "x")
    net.add(str(random.choice(["Add", "Sub", "Mul"])), "x", net.add("Sigmoid", pooled))
    return net


def pad(random: np.random.Generator) -> Net:
    net = Net(1, *map(int, random.integers(1, 5, 3)))
    pads = random.integers(0, 3, 8)
    if random.integers(2):
        net.add("Pad", "x", pads.astype(np.int64), np.float32(random.choice([0.0, 1.5])))
    else:
        net.add("Pad", "x", pads[:4].astype(np.int64), np.float32(0), np.array([-1, 1], np.int64))
    return net


def concat(random: np.random.Generator) -> Net:
    net, axis = Net(1, *map(int, random.integers(1, 5, 3))), int(random.integers(-3, 4))
    constant = list(net.shape)
    constant[axis] = 2
    net.add("Concat", net.add("Relu", "x"), floats(random, *constant), "x", axis=axis)
    return net


def shapes(random: np.random.Generator) -> Net:
    net = Net(1, *map(int, random.integers(1, 5, 3)))
    value = net.add("Transpose", "x", perm=[int(axis) for axis in random.permutation(4)])
    value = net.add("Flatten", value, axis=int(random.integers(0, 4)))
    value = net.add("Unsqueeze", value, np.array([0], np.int64))
    value = net.add("Squeeze", value, np.array([0], np.int64))
    # The target shape is worked out from a shape, as exporters write it.
    first = (np.array([place], np.int64) for place in (0, 1))
    sizes = net.add("Slice", net.add("Shape", value), *first)
    sizes = net.add("Concat", np.array([-1], np.int64), sizes, axis=0)
    net.add("Transpose", net.add("Identity", net.add("Reshape", value, sizes)), perm=[1, 0])
    return net


def pool(random: np.random.Generator) -> Net:
    axes = int(random.integers(1, 3))
    kernel = random.integers(1, 4, axes)
    net = Net(1, 3, *map(int, kernel + random.integers(0, 6, axes)))
    kind = str(random.choice(["MaxPool", "AveragePool"]))
    settings: dict[str, Any] = {"count_include_pad": int(random.integers(2))} if kind == "AveragePool" else {}
    pads = np.minimum(random.integers(0, 2, 2 * axes), np.tile(kernel, 2) - 1).tolist()
    if random.integers(3) == 0:
        settings |= {"auto_pad": str(random.choice(["SAME_UPPER", "SAME_LOWER"]))}
    else:
        ceil = int(random.integers(2)) if not settings.get("count_include_pad") else 0
        settings |= {"pads": pads, "ceil_mode": ceil}
    net.add(kind, "x", kernel_shape=kernel.tolist(), strides=random.integers(1, 4, axes).tolist(), **settings)
    return net


def reduce(random: np.random.Generator) -> Net:
    net, keep = Net(1, *map(int, random.integers(1, 6, 3))), int(random.integers(2))
    kind = str(random.choice(["ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum"]))
    choices: list[list[int]] = [[], [1], [2], [-1], [1, 2], [2, 3], [-1, -2, -3], [0]]
    axes = choices[random.integers(len(choices))]
    net.add(kind, "x", *([np.array(axes, np.int64)] if axes else []), keepdims=keep)
    return net


def global_pool(random: np.random.Generator) -> Net:
    net = Net(1, *map(int, random.integers(1, 7, int(random.integers(2, 4)))))
    net.add(str(random.choice(["GlobalAveragePool", "GlobalMaxPool"])), "x")
    return net


MAKERS = {
    "conv1d": lambda random: conv(random, 1),
    "conv2d": lambda random: conv(random, 2),
    **{
        make.__name__: make
        for make in (
            depthwise, gemm, matmul, batch_norm, activation, softmax, arithmetic, both_computed, pad, concat, shapes,
            pool, reduce, global_pool,
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_an_operator_says_what_onnxruntime_says(name: str, library: DeviceLibrary, tmp_path: Path) -> None:
    for seed in range(ROUNDS):
        random = np.random.default_rng(seed)
        check(library, MAKERS[name](random), tmp_path / str(seed), random)


def residual_network(random: np.random.Generator) -> Net:
    """A small CNN with everything that passes fuse: padding, batch norm, residual, squeeze and excitation."""
    net = Net(1, 3, 12, 10)
    value = net.add("Pad", "x", np.array([0, 0, 0, 1, 0, 0, 1, 0], np.int64))
    value = net.add("Conv", value, floats(random, 8, 3, 3, 3) / 3, strides=[2, 2], pads=[1, 0, 0, 1])
    numbers = [floats(random, 8) for _ in range(3)]
    value = net.add("BatchNormalization", value, *numbers, floats(random, 8) ** 2 + 0.5)
    first = net.add("Clip", value, np.float32(0), np.float32(6))
    value = net.add("Conv", first, floats(random, 8, 1, 3, 3), group=8, pads=[1, 1, 1, 1])
    value = net.add("HardSwish", value)
    gate = net.add(
        "HardSigmoid", net.add("Conv", net.add("GlobalAveragePool", value), floats(random, 8, 8, 1, 1))
    )
    value = net.add("Conv", net.add("Mul", value, gate), floats(random, 8, 8, 1, 1))
    value = net.add("Relu", net.add("Add", first, value))
    value = net.add("MaxPool", value, kernel_shape=[2, 2], strides=[2, 2])
    value = net.add("Flatten", value)
    width = int(np.prod(read_graph(net.data(), "n", net.shape, net.output).shapes[value]))
    value = net.add("MatMul", value, floats(random, width, 4) / width)
    net.add("Softmax", net.add("Add", value, floats(random, 4)))
    return net


def test_a_network_with_all_fusions_says_what_onnxruntime_says(
    library: DeviceLibrary, tmp_path: Path
) -> None:
    for seed in range(5):
        random = np.random.default_rng(seed)
        program = check(library, residual_network(random), tmp_path / str(seed), random)
        kinds = [op.kind for op in program.graph.ops]
        assert kinds == [
            "transpose", "conv", "conv", "reduce", "conv", "mul", "conv", "pool", "reshape", "dense", "softmax",
        ]  # fmt: skip
        assert program.memory.size < sum(slot.size for slot in program.memory.slots)


def test_tables_that_lead_beyond_the_arena_are_refused(library: DeviceLibrary, tmp_path: Path) -> None:
    """Whatever a field of a call is, nothing is touched beyond the arena: overflow traps, and a guard stands behind it."""
    random = np.random.default_rng(0)
    _, node = exported(residual_network(random), tmp_path / "node")
    x = floats(random, 360)
    whole = np.array(next(table.value for table in node.tables if table.name == "calls"))
    refused = 0
    for place in range(0, len(whole), 3):
        for value in (2**31 - 1, -(2**31) + 1, 10**6, -(10**6)):
            whole[place], held = value, whole[place]
            tables = tuple(
                replace(table, value=whole) if table.name == "calls" else table for table in node.tables
            )
            refused += is_refused(DeviceNode(library, replace(node, tables=tables)), x)
            whole[place] = held
    assert refused > len(whole) / 3


def is_refused(device: DeviceNode, x: Any) -> bool:
    try:
        device.run(x)
    except BlockError as error:
        return "contradict" in str(error)
    return False


def modelled(net: Net, features: FeatureSpec, mode: str, scaling: str = "0..1") -> Model:
    classes = ["a", "b", "c", "d"][: 2 if net.nodes[-1].op_type == "Sigmoid" else 4]
    classes = classes if mode == "classification" else []
    model = Network("net.onnx", net.data()).model(features, classes, mode, scaling)
    return Model({**model.meta, "kind": "network"}, model.arrays, networks=model.networks)


def picture(first: bool) -> Net:
    random = np.random.default_rng(3)
    net = Net(1, *((3, 4, 5) if first else (4, 5, 3)))
    value = "x" if first else net.add("Transpose", "x", perm=[0, 3, 1, 2])
    value = net.add("GlobalAveragePool", net.add("Conv", value, floats(random, 4, 3, 2, 2)))
    net.add("Softmax", net.add("Flatten", value))
    return net


@pytest.mark.parametrize("first", [True, False], ids=["channels first", "channels last"])
@pytest.mark.parametrize("scaling", ["0..1", "-128..127", "torch", "bgr-subtract-imagenet-mean"])
def test_pixels_go_in_as_they_do_in_python(
    first: bool, scaling: str, library: DeviceLibrary, tmp_path: Path
) -> None:
    shape = {"type": "image", "height": 4, "width": 5, "channels": 3}
    features = FeatureSpec([f"p{i}" for i in range(60)], shape)
    model = modelled(picture(first), features, "classification", scaling)
    same(library, model, features, np.random.default_rng(0).random((4, 60), np.float32), tmp_path)


@pytest.mark.parametrize("mode", ["anomaly", "one class", "chosen columns"])
def test_what_python_does_behind_a_network_is_done(mode: str, library: DeviceLibrary, tmp_path: Path) -> None:
    net, random = Net(1, 6), np.random.default_rng(1)
    features = FeatureSpec([f"f{i}" for i in range(6)], {"type": "flat", "width": 6})
    net.add("Gemm", "x", floats(random, 6, 1 if mode == "one class" else 5), floats(random, 1))
    if mode == "one class":
        net.add("Sigmoid", net.output)
    model = modelled(net, features, "classification" if mode == "one class" else "anomaly")
    if mode == "chosen columns":
        model.arrays["selected"] = np.array([4, 0, 6, 2, 1, 5], np.int32)
        features = FeatureSpec([f"f{i}" for i in range(7)], {"type": "flat", "width": 7})
        model.meta["labels"] = [features.labels[place] for place in model.arrays["selected"]]
    same(library, model, features, floats(random, 4, features.width), tmp_path)


def same(library: DeviceLibrary, model: Model, features: FeatureSpec, values: Any, folder: Path) -> None:
    """Compare a model's node with its scores in Python."""
    network_node(model, features).write(folder / "node", DEVICE)
    scores = score(model, Features(values, features.labels, features.shape))
    want = scores.scores[:, None] if scores.probabilities is None else scores.probabilities
    (got,) = DeviceNode(library, load_node(folder / "node")).batch(values).values()
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)

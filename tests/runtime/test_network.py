"""Compiled networks against onnxruntime: every operator with random shapes and settings, and whole networks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from network_makers import MAKERS, residual_network
from networks import DEVICE, Net, check, expected, exported, floats

from edgewright_sdk import Features, FeatureSpec, Model
from edgewright_sdk.artifacts import score
from edgewright_sdk.artifacts.network import Network
from edgewright_sdk.artifacts.network_node import network_node
from edgewright_sdk.codegen.ctypes_node import DeviceLibrary, DeviceNode
from edgewright_sdk.codegen.nodes import load_node
from edgewright_sdk.compiler import compile_graph, read_graph
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 16


@pytest.fixture
def library(network_library: DeviceLibrary) -> DeviceLibrary:
    """Compiled once; every network is data."""
    return network_library


@pytest.mark.parametrize("name", MAKERS)
def test_an_operator_says_what_onnxruntime_says(name: str, library: DeviceLibrary, tmp_path: Path) -> None:
    for seed in range(ROUNDS):
        random = np.random.default_rng(seed)
        check(library, MAKERS[name](random), tmp_path / str(seed), random)


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


def test_several_outputs_each_have_their_place(library: DeviceLibrary, tmp_path: Path) -> None:
    """A value inside and the last one, one channels last and one as ONNX has it."""
    random = np.random.default_rng(2)
    net = residual_network(random)
    inside = net.nodes[3].output[0]  # the first activation, which is also read later
    graph = read_graph(net.data(), "net.onnx", net.shape, (inside, net.output))
    program = compile_graph(graph, (inside,))
    _, node = exported(net, tmp_path / "node")
    x = floats(random, *net.shape)
    for place, (name, wanted) in enumerate(zip((inside, net.output), program.graph.outputs, strict=True)):
        count = program.graph.count(wanted)
        tables = program.tables() | {"first": program.first, "last": program.last[place], "outputs": count}
        one = replace(
            node,
            tables=tuple(replace(table, value=tables.get(table.name, table.value)) for table in node.tables),
            outputs=(replace(node.outputs[0], shape=(count,)),),
            scratch_bytes=program.memory.size,
        )
        (got,) = DeviceNode(library, one).run(x.ravel()).values()
        want = expected(net, x, name)
        if name == inside:
            want = want.reshape(graph.shapes[inside]).transpose(0, 2, 3, 1).ravel()
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


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

"""Networks in int8: the device's bytes are those of the Python reference. Other processors: see test_network_variants.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from network_makers import residual_network
from networks import DEVICE, Net, floats
from networks_int8 import NETWORKS, quantised

from edgewright_sdk import Context, Features
from edgewright_sdk.artifacts import score
from edgewright_sdk.artifacts.layers import CONVOLUTION, DENSE, MEAN, POOL, Layer, assemble
from edgewright_sdk.artifacts.network import Network
from edgewright_sdk.artifacts.network_int8 import calibrated, int8_node, score_int8
from edgewright_sdk.artifacts.predictor import Predictor
from edgewright_sdk.artifacts.scoring import model_of
from edgewright_sdk.codegen.ctypes_node import DeviceLibrary, DeviceNode
from edgewright_sdk.codegen.nodes import load_node
from edgewright_sdk.compiler import quantise_parts, read_graph
from edgewright_sdk.compiler.evaluation import FLOATS, Evaluation
from edgewright_sdk.compiler.integer import evaluate
from edgewright_sdk.compiler.integer_network import calibrate, integer_network
from edgewright_sdk.compiler.passes import optimise
from edgewright_sdk.errors import BlockError

ROUNDS = 6


@pytest.mark.parametrize("name", NETWORKS)
def test_devices_give_the_bytes_of_the_reference(
    name: str, network_library: DeviceLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(ROUNDS):
        random = np.random.default_rng(seed)
        # With no value short enough to stay float32, every operation is computed in int8.
        monkeypatch.setattr(quantise_parts, "_MOST", 0 if seed % 3 else 4096)
        network, node, windows = quantised(NETWORKS[name](random), tmp_path / str(seed), random)
        (want,) = evaluate(network, windows)
        got = DeviceNode(network_library, node).batch(windows)["scores"]
        np.testing.assert_array_equal(got, want.reshape(got.shape), network.graph.dump())


def test_int8_stays_near_float32() -> None:
    """On windows like those of calibration: a coarser grid must be the only difference."""
    random = np.random.default_rng(1)
    net = residual_network(random)
    graph = read_graph(net.data(), "net.onnx", net.shape, net.output)
    windows = floats(random, 200, *net.shape)
    network = integer_network(graph, calibrate(graph, windows))
    (got,) = evaluate(network, windows)
    evaluation = Evaluation(optimise(graph), windows)
    *_, (_, want) = evaluation.run(FLOATS)
    assert np.abs(got - want).max() < 0.05
    assert (got.argmax(axis=-1) == want.argmax(axis=-1)).mean() > 0.97
    assert {network.graph.dtypes.get(op.output) for op in network.graph.ops if op.kind == "add"} == {"int8"}


def test_ranges_that_hold_a_share_of_windows_leave_odd_ones_out() -> None:
    net = Net(1, 4)
    net.add("Relu", "x")
    graph = read_graph(net.data(), "net.onnx", net.shape, net.output)
    windows = np.ones((100, 4), np.float32)
    windows[0] = 1000
    assert calibrate(graph, windows)[net.output] == (1.0, 1000.0)
    assert calibrate(graph, windows, share=0.98)[net.output][1] < 20


def test_pixels_go_in_as_bytes() -> None:
    """A grid of whole numbers is exact for pixels, and scaling them by one number is a table: no image lies in float32."""
    net = Net(1, 3, 40, 40)
    net.add(
        "Conv",
        net.add("Div", net.add("Sub", "x", np.float32(127)), np.float32(128)),
        np.ones((2, 3, 3, 3), np.float32),
    )
    graph = read_graph(net.data(), "net.onnx", net.shape, net.output)
    pixels = np.arange(4 * 4800).reshape(4, 4800) % 256
    network = integer_network(graph, calibrate(graph, pixels))
    assert network.entry == (1.0, -128)
    assert [op.kind for op in network.graph.ops] == ["transpose", "lookup", "lookup", "conv", "transpose"]
    (got,) = evaluate(network, pixels)
    evaluation = Evaluation(optimise(graph), pixels)
    *_, (_, want) = evaluation.run(FLOATS)
    assert np.abs(got - want).max() < 0.01 * np.abs(want).max()


def test_damaged_tables_are_refused(network_library: DeviceLibrary, tmp_path: Path) -> None:
    """Whatever a field of a call is, nothing is touched beyond arena and weights, and nothing overflows."""
    random = np.random.default_rng(0)
    _, node, windows = quantised(residual_network(random), tmp_path / "node", random)
    whole = np.array(next(table.value for table in node.tables if table.name == "calls"))
    refused = 0
    for place in range(0, len(whole), 4):
        for value in (2**31 - 1, -(10**6)):
            damaged = whole.copy()
            damaged[place] = value
            tables = tuple(
                replace(table, value=damaged) if table.name == "calls" else table for table in node.tables
            )
            device = DeviceNode(network_library, replace(node, tables=tables))
            try:
                device.run(windows[0])
            except BlockError as error:
                refused += "contradict" in str(error)
    assert refused > len(whole) / 4


def test_a_sum_of_too_many_products_is_refused() -> None:
    net = Net(1, 40000)
    net.add("MatMul", "x", np.ones((40000, 1), np.float32))
    graph = read_graph(net.data(), "net.onnx", net.shape, net.output)
    with pytest.raises(BlockError, match="adds up 40000 products; allowed: 32768"):
        integer_network(graph, calibrate(graph, np.ones((1, 40000))))


def test_a_blocks_scores_are_those_of_its_node(network_library: DeviceLibrary, tmp_path: Path) -> None:
    """With what Python does around a network: pixels scaled and their channels turned, one value for two classes."""
    random = np.random.default_rng(3)
    net = Net(1, 3, 4, 5)
    value = net.add("GlobalAveragePool", net.add("Conv", "x", floats(random, 4, 3, 2, 2)))
    net.add("Sigmoid", net.add("MatMul", net.add("Flatten", value), floats(random, 4, 1)))
    labels, shape = [f"p{i}" for i in range(60)], {"type": "image", "height": 4, "width": 5, "channels": 3}
    pixels = Features(random.random((20, 60), np.float32), labels, shape)
    scaling = "bgr-subtract-imagenet-mean"
    model = Network("net.onnx", net.data()).model(pixels.spec, ["a", "b"], "classification", scaling)
    model = calibrated(model, pixels, Context())
    scores = score_int8(model, pixels, score(model, pixels))
    int8_node(model, pixels.spec).write(tmp_path / "node", DEVICE)
    got = DeviceNode(network_library, load_node(tmp_path / "node")).batch(pixels.values)["probabilities"]
    np.testing.assert_array_equal(got, scores.probabilities)
    assert scores.in_float32 is not None
    assert 0 < np.abs(scores.in_float32 - scores.probabilities).max() < 0.02


@pytest.mark.parametrize("link", ["softmax", "identity"])
def test_layers_that_a_block_taught_are_computed_in_int8(
    link: str, network_library: DeviceLibrary, tmp_path: Path
) -> None:
    """Features of very different sizes, standardised before they are integers."""
    random = np.random.default_rng(4)
    made = 3 if link == "softmax" else 1
    layers = [
        Layer(CONVOLUTION, 12, 5, 8, 3, 1), Layer(POOL, 12, 8, 8), Layer(CONVOLUTION, 6, 8, 6, 5, 1),
        *([Layer(MEAN, 6, 6, 6), Layer(DENSE, 1, 6, made)] if made == 3 else [Layer(DENSE, 6, 6, made)]),
    ]  # fmt: skip
    network = assemble(
        [
            (layer, random.normal(size=layer.weights) / 3, random.normal(size=layer.weights[0]))
            for layer in layers
        ]
    )
    scale = (10.0 ** random.uniform(-3, 3, 60)).astype(np.float32)
    values = (random.normal(size=(80, 60)) + 2).astype(np.float32) * scale
    batch = Features(values, [f"f{i}" for i in range(60)])
    mode = {"mode": "classification", "classes": ["a", "b", "c"]} if made == 3 else {"mode": "regression"}
    meta = {"source": "taught", "features": 60, "labels": batch.labels, **mode}
    arrays = {"selected": np.arange(60, dtype=np.int32), "mean": 2 * scale, "scale": scale}
    if made == 3:
        arrays["columns"] = np.arange(3, dtype=np.int32)
    model = calibrated(model_of(Predictor("taught", network, link), meta, arrays), batch, Context())
    scores = score_int8(model, batch, score(model, batch))
    int8_node(model, batch.spec).write(tmp_path / "node", DEVICE)
    (got,) = DeviceNode(network_library, load_node(tmp_path / "node")).batch(values[:20]).values()
    want = scores.scores[:, None] if scores.probabilities is None else scores.probabilities
    np.testing.assert_array_equal(got, want[:20])
    assert scores.in_float32 is not None
    assert 0 < np.abs(want - scores.in_float32).max() < 0.03 * np.abs(scores.in_float32).max()

"""Random networks in int8, with their nodes and windows to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from network_makers import MAKERS, residual_network
from networks import DEVICE, Net, floats
from onnx import helper

from edgewright_sdk.codegen.nodes import Node, load_node
from edgewright_sdk.compiler import read_graph
from edgewright_sdk.compiler.integer_network import calibrate, integer_network
from edgewright_sdk.compiler.program import lower

WINDOWS = 3


def quantised(net: Net, folder: Path, random: np.random.Generator) -> tuple[Any, Node, Any]:
    """Compile a network in int8; gives it, its node and windows to run."""
    graph = read_graph(net.data(), "net.onnx", net.shape, net.output)
    seen = floats(random, 16, *net.shape)
    network = integer_network(graph, calibrate(graph, seen))
    count, outputs = int(np.prod(net.shape)), network.graph.count(network.graph.output)
    output, tolerance = {"name": "scores", "shape": [outputs]}, {"absolute": 0.0, "relative": 0.0}
    program = lower(network.graph, network.entry)
    program.export(inputs=count, selected=range(count), output=output, tolerance=tolerance).write(
        folder, DEVICE
    )
    # Wider than what was calibrated with, so that values are clamped.
    return network, load_node(folder), 1.5 * floats(random, WINDOWS, count)


def within(net: Net) -> Net:
    """The same network behind an activation, so that its first operation takes int8, too."""
    for node in net.nodes:
        for place, name in enumerate(node.input):
            if name == "x":
                node.input[place] = "x0"
    net.nodes.insert(0, helper.make_node("LeakyRelu", ["x"], ["x0"], name="first", alpha=0.5))
    return net


def wide(random: np.random.Generator) -> Net:
    """Channels, pixels and taps beyond what any kernel takes at a time."""
    deep, made = int(random.integers(30, 70)), int(random.integers(30, 70))
    net = Net(1, 3, 9, int(random.integers(6, 9)))
    value = net.add("Conv", "x", floats(random, deep, 3, 3, 3), pads=[1, 1, 1, 1])
    value = net.add("Conv", value, floats(random, deep, 1, 3, 3), group=deep, strides=[1, 2])
    value = net.add("Clip", value, np.float32(-1), np.float32(6))
    value = net.add("Conv", value, floats(random, made, deep, 3, 3), floats(random, made), pads=[0, 1, 2, 0])
    value = net.add("Flatten", value)
    width = int(np.prod(read_graph(net.data(), "n", net.shape, net.output).shapes[value]))
    net.add("MatMul", value, floats(random, width, 5))
    return net


NETWORKS = {
    **{name: (lambda random, make=make: within(make(random))) for name, make in MAKERS.items()},
    "wide": wide,
    "residual": residual_network,
}

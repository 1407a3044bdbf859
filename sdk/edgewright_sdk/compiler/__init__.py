"""Networks for the device: ONNX in; a list of calls, weights and a memory plan out. See ``docs/networks.md``."""

from edgewright_sdk.compiler.channels_last import reads_channels_last
from edgewright_sdk.compiler.ir import Graph, Op
from edgewright_sdk.compiler.layouts import channels_last_order
from edgewright_sdk.compiler.memory_map import memory_map
from edgewright_sdk.compiler.passes import optimise
from edgewright_sdk.compiler.program import Program, compile_graph, lower
from edgewright_sdk.compiler.reading import read_graph

__all__ = [
    "Graph",
    "Op",
    "Program",
    "channels_last_order",
    "compile_graph",
    "lower",
    "memory_map",
    "optimise",
    "read_graph",
    "reads_channels_last",
]

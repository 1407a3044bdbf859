"""Networks for the device: ONNX in; a list of calls, weights and a memory plan out. See ``docs/networks.md``."""

from edgewright_sdk.compiler.ir import Graph, Op
from edgewright_sdk.compiler.program import Program, compile_graph
from edgewright_sdk.compiler.reading import read_graph

__all__ = ["Graph", "Op", "Program", "compile_graph", "read_graph"]

"""Readers of ONNX operators, a file a family. A new operator is a function with ``@operator("Name")`` and a test."""

from edgewright_sdk.compiler.operators import activations, arithmetic, layouts, pooling, sums
from edgewright_sdk.compiler.operators.node import OPERATORS, Node

__all__ = ["OPERATORS", "Node", "activations", "arithmetic", "layouts", "pooling", "sums"]

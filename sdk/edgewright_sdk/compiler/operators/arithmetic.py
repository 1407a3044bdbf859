"""Operators that combine two tensors value by value, repeating the smaller one."""

from __future__ import annotations

from edgewright_sdk.compiler.operators.node import Node, operator


@operator("Add", "Sub", "Mul", "Div")
def combine(node: Node) -> None:
    """Read the two operands; either may be a constant."""
    node.emit(node.kind.lower(), node.value(0), node.value(1))

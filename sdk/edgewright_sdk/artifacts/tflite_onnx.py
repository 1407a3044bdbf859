"""TensorFlow Lite networks as ONNX.

Quantised networks become float ones that round to each tensor's grid (``QuantizeLinear``, ``DequantizeLinear``), with
floats going in and out: ``input`` is rounded to the grid of the input.
"""

from __future__ import annotations

from edgewright_sdk.artifacts.tflite_file import read_tflite_file
from edgewright_sdk.artifacts.tflite_graph import Graph
from edgewright_sdk.artifacts.tflite_operators import OPERATORS
from edgewright_sdk.errors import BlockError


def onnx_of(data: bytes, source: str) -> bytes:
    """Convert a file.

    Raises
    ------
    BlockError
        It is damaged, or has operators that are not supported, which are named.
    """
    file = read_tflite_file(data, source)
    unknown = sorted({operator.name for operator in file.operators} - OPERATORS.keys())
    if unknown:
        raise BlockError(
            f"{source} has operators that are not supported: {', '.join(unknown)}; allowed: {', '.join(sorted(OPERATORS))}"
        )
    graph = Graph(file, source)
    inputs = []
    for number, index in enumerate(file.inputs):
        tensor, name = graph.tensor(index), "input" if number == 0 else f"input{number}"
        if tensor.dtype != "float32" and not tensor.quantised:
            raise BlockError(
                f"{source} takes {tensor.dtype} without a scale; allowed: float32, or int8 and uint8 with one"
            )
        inputs.append((name, tensor.shape))
        graph.store(index, name)
    for operator in file.operators:
        try:
            OPERATORS[operator.name](graph, operator)
        except (IndexError, ValueError, TypeError) as error:
            raise BlockError(f"{source}: {operator.name} can't be converted: {error}") from None
    outputs = []
    for number, index in enumerate(file.outputs):
        name = "output" if number == 0 else f"output{number}"
        tensor = graph.tensor(index)
        graph.output(graph.value(index), name, cast=not (tensor.dtype == "float32" or tensor.quantised))
        outputs.append(name)
    return graph.model(inputs, outputs)

"""ONNX → IR. What doesn't depend on the input is worked out by onnxruntime, so shapes and constants are its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.compiler.ir import Graph
from edgewright_sdk.compiler.operators import OPERATORS, Node
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Operators whose result follows from the shape of what they take.
_OF_SHAPE = {"Shape", "Size"}
_RANDOM = {
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
    "Multinomial",
    "Bernoulli",
}


def read_graph(data: bytes, source: str, shape: Sequence[int], output: str | Sequence[str]) -> Graph:
    """Read a network.

    Parameters
    ----------
    data : bytes
        Serialised ONNX.
    source : str
        Name of the file, for messages.
    shape : sequence of int
        Of the one input, with a batch of 1 in front.
    output : str or sequence of str
        Which of the outputs, or of the values inside, are wanted; what they don't need is left out.

    Raises
    ------
    BlockError
        For operators that the device doesn't have, and for settings of them, by the node's name.
    """
    from onnx import numpy_helper

    model = _model(data, source)
    given = {tensor.name: tensor for tensor in model.graph.initializer}
    inputs = [value.name for value in model.graph.input if value.name not in given]
    fixed = set(given)
    for node in model.graph.node:
        if _is_fixed(node, fixed):
            fixed |= set(node.output)
    outputs = (output,) if isinstance(output, str) else tuple(output)
    nodes = _needed(model.graph.node, outputs, fixed)
    _refuse_unknown(nodes, source)
    computed = [name for node in nodes for name in node.output[:1]]
    if lost := [name for name in outputs if name not in computed]:
        raise BlockError(
            f"{source}: its output {lost[0]!r} doesn't depend on the input; there is nothing to deploy"
        )
    used = {name for node in nodes for name in node.input if name in fixed} - set(given)
    found = _values(model, inputs[0], shape, [*computed, *sorted(used)], source)
    values = found | {name: numpy_helper.to_array(tensor) for name, tensor in given.items()}
    shapes = {inputs[0]: tuple(shape)} | {name: values[name].shape for name in computed}
    graph = Graph(source, inputs[0], outputs, [], shapes, {})
    opset = max(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    constants = {name: values[name] for name in fixed if name in values}
    for node in nodes:
        reader = Node(graph, node, constants, opset)
        value = values[node.output[0]]
        if value.dtype != np.float32:
            raise reader.refused(f"it gives {value.dtype}; allowed: float32")
        if value.size == 0:
            raise reader.refused(f"it gives no values, shape {list(value.shape)}")
        OPERATORS[node.op_type](reader)
    return graph


def _model(data: bytes, source: str) -> Any:
    """Parse and check a file that anybody may have written. Outputs may lack a shape, as exporters leave it out."""
    import onnx
    from onnx import checker

    try:
        model = onnx.load_from_string(data)
        context = checker.C.CheckerContext()
        context.ir_version = model.ir_version or checker.DEFAULT_CONTEXT.ir_version
        context.opset_imports = {entry.domain: entry.version for entry in model.opset_import}
        for tensor in model.graph.initializer:
            checker.check_tensor(tensor, context)
        for node in model.graph.node:
            checker.check_node(node, context)
    except Exception as problem:  # protobuf's, the checker's, or what C++ can't take
        reason = str(problem).strip().splitlines()[:1] or ["it is damaged"]
        raise BlockError(f"{source} is no valid ONNX model: {reason[0][:300]}") from None
    if not model.graph.input:
        raise BlockError(f"{source} is a model without an input")
    return model


def _is_fixed(node: Any, fixed: set[str]) -> bool:
    if node.op_type in _RANDOM:
        return False
    return node.op_type in _OF_SHAPE or all(name in fixed for name in node.input if name)


def _needed(nodes: Iterable[Any], outputs: Iterable[str], fixed: set[str]) -> list[Any]:
    """Nodes that the outputs need and that depend on the input, in order."""
    wanted, found = set(outputs), []
    for node in reversed(list(nodes)):
        if wanted.intersection(node.output) and not fixed.intersection(node.output):
            wanted |= set(node.input)
            found.append(node)
    return found[::-1]


def _refuse_unknown(nodes: Iterable[Any], source: str) -> None:
    unknown = [node for node in nodes if node.domain not in ("", "ai.onnx") or node.op_type not in OPERATORS]
    if unknown:
        shown = ", ".join(f"{node.op_type} ({node.name or node.output[0]!r})" for node in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise BlockError(
            f"{source} can't be deployed: the device doesn't have {shown}{more}; it has {', '.join(sorted(OPERATORS))}"
        )


def _values(
    model: Any, name: str, shape: Sequence[int], wanted: Sequence[str], source: str
) -> dict[str, np.ndarray[Any, Any]]:
    """Run the network on zeros with all values as outputs."""
    import onnxruntime

    del model.graph.output[:]
    model.graph.output.extend(type(model.graph.input[0])(name=value) for value in wanted)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        if session.get_inputs()[0].type != "tensor(float)":
            raise BlockError(
                f"{source} takes {session.get_inputs()[0].type}; a network on the device computes in float32: export it so"
            )
        made = session.run(list(wanted), {name: np.zeros(tuple(shape), np.float32)})
    except BlockError:
        raise
    except Exception as error:  # onnxruntime's errors have no base of their own
        reason = str(error).splitlines()[0][:300]
        raise BlockError(f"{source} can't be run on one window: {reason}") from None
    return {value: np.asarray(array) for value, array in zip(wanted, made, strict=True)}

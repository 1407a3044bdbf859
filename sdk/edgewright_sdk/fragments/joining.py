"""ONNX graphs put together to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright_sdk.artifacts.onnx_bytes import Value


@dataclass(frozen=True)
class Piece:
    """A graph and where it goes.

    Attributes
    ----------
    name : str
        Values inside get it in front, with a slash: ``name/v1``. Outputs are ``name/scores``.
    data : bytes
        Serialised ONNX.
    inputs : mapping
        Of each of its inputs, the value of the whole that it takes.
    """

    name: str
    data: bytes
    inputs: Mapping[str, str]


def join(
    pieces: Sequence[Piece],
    inputs: Sequence[Value],
    outputs: Mapping[str, Value],
    *,
    name: str,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """Join graphs, each of which takes inputs of the whole and outputs of earlier ones.

    Parameters
    ----------
    pieces : sequence of Piece
    inputs : sequence of Value
        Of the whole.
    outputs : mapping
        Of the whole: its name and shape by the value that it is.
    name : str
    metadata : mapping, optional

    Raises
    ------
    BlockError
        A piece can't be brought to the opset of the latest one.
    """
    import onnx
    from onnx import helper

    models = [_prefixed(piece) for piece in pieces]
    opset = max(_opset(model) for model in models)
    whole = onnx.GraphProto(name=name)
    whole.input.extend(_declared(value) for value in inputs)
    domains: dict[str, int] = {}
    functions = []
    for piece, given in zip(pieces, models, strict=True):
        model = _converted(given, opset, piece.name)
        functions += model.functions
        for entry in model.opset_import:
            domain = "" if entry.domain == "ai.onnx" else entry.domain
            domains[domain] = max(domains.get(domain, 0), entry.version)
        for inner, outer in piece.inputs.items():
            whole.node.append(helper.make_node("Identity", [outer], [f"{piece.name}/{inner}"]))
        whole.node.extend(model.graph.node)
        whole.initializer.extend(model.graph.initializer)
        whole.sparse_initializer.extend(model.graph.sparse_initializer)
    for value, declared in outputs.items():
        whole.node.append(helper.make_node("Identity", [value], [declared.name]))
        whole.output.append(_declared(declared))
    made = helper.make_model(
        whole,
        producer_name="edgewright",
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in sorted(domains.items())],
        ir_version=max(8, *(min(model.ir_version, 10) for model in models)),
        functions=functions,
    )
    for key, text in (metadata or {}).items():
        made.metadata_props.add(key=key, value=text)
    data: bytes = made.SerializeToString(deterministic=True)
    return data


def _prefixed(piece: Piece) -> Any:
    import onnx
    from onnx import compose

    model = onnx.load_from_string(piece.data)
    del model.graph.value_info[:]  # exporters write sizes of one window there
    return compose.add_prefix(model, f"{piece.name}/")


def _opset(model: Any) -> int:
    return max(int(entry.version) for entry in model.opset_import if entry.domain in ("", "ai.onnx"))


def _converted(model: Any, opset: int, name: str) -> Any:
    from onnx import version_converter

    found = _opset(model)
    if found == opset:
        return model
    try:
        return version_converter.convert_version(model, opset)
    except Exception as error:  # of the converter, of many kinds
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise BlockError(
            f"{name} is of opset {found} and something beside it of {opset}, and it can't be brought to that ({reason}); "
            "export your networks in one opset"
        ) from None


def _declared(value: Value) -> Any:
    from onnx import helper

    kind = helper.np_dtype_to_tensor_dtype(_dtype(value.dtype))
    return helper.make_tensor_value_info(value.name, kind, value.shape)


def _dtype(name: str) -> Any:
    import numpy as np

    return np.dtype(name)

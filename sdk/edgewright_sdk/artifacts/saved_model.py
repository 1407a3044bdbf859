"""``saved_model.zip``: TensorFlow's own format, read without TensorFlow."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING, Any

from edgewright_sdk.artifacts.network import Network
from edgewright_sdk.artifacts.protobuf import Message
from edgewright_sdk.artifacts.tensor_bundle import read_variables, restored
from edgewright_sdk.artifacts.tensorflow_graph import TensorflowGraph
from edgewright_sdk.artifacts.tensorflow_operators import OPERATORS
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.tensorflow_graph import Value

_GRAPH = "saved_model.pb"
_SIGNATURE = "serving_default"


def read_saved_model(path: Path) -> Network:
    """Read a zipped SavedModel; contents at the root of the zip or below ``saved_model/``.

    Raises
    ------
    BlockError
        The zip holds no SavedModel, or one with operators that are not supported.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            places = sorted((name for name in archive.namelist() if name.split("/")[-1] == _GRAPH), key=len)
            if not places:
                raise BlockError(f"{path.name} holds no {_GRAPH}, neither at its root nor below saved_model/")
            graph = Message(archive.read(places[0])).messages(2)[0]
            variables = _variables(archive, places[0][: -len(_GRAPH)])
        return Network(path.name, _onnx(graph, variables, path.name))
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        raise BlockError(
            f"{path.name} is no SavedModel that can be read ({type(error).__name__}: {error}); let the training program "
            "write model.tflite or model.onnx beside it"
        ) from None
    except RecursionError:
        raise BlockError(f"{path.name} is too deep; let the training program write model.tflite") from None


def _variables(archive: zipfile.ZipFile, folder: str) -> dict[str, NDArray[Any]]:
    names = sorted(
        name for name in archive.namelist() if name.startswith(f"{folder}variables/variables.data-")
    )
    if not names:
        return {}
    return read_variables(
        archive.read(f"{folder}variables/variables.index"), [archive.read(name) for name in names]
    )


def _onnx(meta: Message, variables: dict[str, NDArray[Any]], source: str) -> bytes:
    definition, signatures = meta.message(2), meta.table(5)
    if _SIGNATURE not in signatures:
        raise BlockError(
            f"{source} has no signature {_SIGNATURE!r}; it has: {', '.join(signatures) or 'none'}"
        )
    inputs, outputs = signatures[_SIGNATURE].table(1), signatures[_SIGNATURE].table(2)
    if len(inputs) != 1:
        raise BlockError(f"{source} takes {len(inputs)} inputs; allowed: 1")
    functions = {function.message(1).text(1): function for function in definition.message(2).messages(1)}
    named = restored(definition.messages(1), functions, meta.message(3).text(3), variables)
    graph = TensorflowGraph(source, functions, named, OPERATORS)
    (given,) = inputs.values()
    shape = [dim.integer(1) for dim in given.message(3).messages(2)]
    nodes = definition.messages(1)
    start: dict[str, list[Value]] = {given.text(1).split(":")[0]: ["input"]}
    made = []
    for number, output in enumerate(outputs[name] for name in sorted(outputs)):
        value = graph.follow(output.text(1), nodes, start)
        made.append("output" if number == 0 else f"output{number}")
        graph.output(graph.named(value), made[-1])
    return graph.model([("input", [1, *(size if size > 0 else 0 for size in shape[1:])])], made)

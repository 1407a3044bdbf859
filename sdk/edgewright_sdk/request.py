"""``request.json``: read, checked, and its inputs opened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from edgewright_sdk.arrays import Array, Chunked, carried_array, dtype_name, open_array
from edgewright_sdk.errors import BlockError, RequestError
from edgewright_sdk.params import Params
from edgewright_sdk.values import Features, FeatureSpec
from edgewright_specs.interface import (
    CONTRACT_VERSION,
    EITHER_INPUT,
    OPERATION_INPUTS,
    OPERATIONS,
    REQUEST_FILE,
    Choosing,
    Operation,
    WindowSpec,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Task:
    """One checked request. Inputs are opened when an operation asks for them."""

    operation: Operation
    params: Params
    seed: int
    threads: int
    classes: list[str]
    inputs: dict[str, dict[str, Any]]
    deploys: bool
    choosing: Choosing | None
    folder: str | Path
    carried: Mapping[str, bytes]
    _window: dict[str, Any] | None

    @property
    def window(self) -> WindowSpec:
        """What one window is."""
        if self._window is None:
            raise _wrong("window", "missing", f"operation {self.operation!r} of this block needs it")
        return cast("WindowSpec", _Window(self._window))

    def has(self, name: str) -> bool:
        """Whether the request names this input."""
        return name in self.inputs

    def array(self, name: str) -> Chunked:
        """Open an array input."""
        entry = self._input(name, "array")
        return Chunked(self._chunks(entry.get("chunks"), entry.get("dtype"), f"inputs.{name}"))

    def feature_spec(self, name: str = "features") -> FeatureSpec:
        """Labels and shape of a features input, which may have no chunks."""
        parts = self._parts(name)
        labels = [str(label) for part in parts for label in part["labels"]]
        shape = parts[0]["shape"] if len(parts) == 1 else {"type": "flat", "width": len(labels)}
        return FeatureSpec(labels, shape)

    def features(self, name: str = "features") -> Features:
        """Open a features input; the columns of its parts follow one another."""
        parts, dtype = self._parts(name), self.inputs[name].get("dtype")
        opened = []
        for number, part in enumerate(parts):
            where = f"inputs.{name}.parts[{number}]"
            column = Chunked(self._chunks(part.get("chunks"), dtype, where))
            if len(column.shape) != 2 or column.shape[1] != len(part["labels"]):
                raise _wrong(
                    where, list(column.shape), f"(windows, {len(part['labels'])}), one column a label"
                )
            opened.append(column)
        if len({len(column) for column in opened}) > 1:
            raise _wrong(
                f"inputs.{name}", [len(c) for c in opened], "the same number of windows in each part"
            )
        return Features.from_parts(opened, self.feature_spec(name))

    def path(self, name: str) -> Path:
        """Path of a folder or JSON input."""
        entry = self._input(name, "folder", "json")
        path = Path(self.folder, self._inside(entry.get("path"), f"inputs.{name}.path"))
        if not path.exists():
            raise _wrong(f"inputs.{name}.path", entry["path"], "a path that exists in the task's folder")
        return path

    def _input(self, name: str, *kinds: str) -> dict[str, Any]:
        if name not in self.inputs:
            raise _wrong(f"inputs.{name}", "missing", f"{self.operation} of this block reads it")
        entry = self.inputs[name]
        if entry.get("kind") not in kinds:
            raise _wrong(f"inputs.{name}.kind", entry.get("kind"), " or ".join(kinds))
        return entry

    def _parts(self, name: str) -> list[dict[str, Any]]:
        parts = self._input(name, "features").get("parts")
        if not isinstance(parts, list) or not parts:
            raise _wrong(f"inputs.{name}.parts", parts, "a list with at least one part")
        for number, part in enumerate(parts):
            if not isinstance(part, dict) or not isinstance(part.get("labels"), list):
                raise _wrong(f"inputs.{name}.parts[{number}]", part, "an object with labels and shape")
        return parts

    def _chunks(self, chunks: Any, dtype: Any, where: str) -> list[Array]:
        if not isinstance(chunks, list) or not chunks:
            raise _wrong(f"{where}.chunks", chunks, "a list with at least one file")
        arrays: list[Array] = []
        for number, chunk in enumerate(chunks):
            place = f"{where}.chunks[{number}]"
            if not isinstance(chunk, dict):
                raise _wrong(place, chunk, "an object with path and shape")
            array = self._opened(self._inside(chunk.get("path"), f"{place}.path"))
            if list(array.shape) != chunk.get("shape"):
                raise _wrong(f"{place}.shape", chunk.get("shape"), f"the file's shape, {list(array.shape)}")
            if dtype_name(array.dtype) != dtype:
                raise _wrong(f"{where}.dtype", dtype, f"the file's dtype, {dtype_name(array.dtype)}")
            if arrays and array.shape[1:] != arrays[0].shape[1:]:
                raise _wrong(f"{place}.shape", chunk.get("shape"), "the shape of the chunks before it")
            arrays.append(array)
        return arrays

    def _inside(self, path: Any, where: str) -> str:
        if not isinstance(path, str) or not path:
            raise _wrong(where, path, "a relative path")
        if path.startswith("/") or ".." in path.split("/"):
            raise _wrong(where, path, "a relative path inside the task's folder")
        return path

    def _opened(self, path: str) -> Array:
        content = self.carried.get(path)
        return open_array(f"{self.folder}/{path}") if content is None else carried_array(path, content)


class _Window(dict[str, Any]):
    """A window spec that says in words what this kind of window doesn't have."""

    def __missing__(self, name: str) -> Any:
        if self.get("kind") == "image" and name in ("length", "axes", "frequency"):
            raise BlockError(
                f"this block takes signals (it asks for the {name} of a window), and these windows are images; "
                "the block `image` makes features of images"
            )
        raise BlockError(f"the window spec has no {name!r}; it has {', '.join(self)}")


def read_request(folder: str | Path, block_type: str, carried: Mapping[str, bytes] | None = None) -> Task:
    """Read and check ``request.json`` of a task's input folder; `carried` are files that came without one.

    Raises
    ------
    RequestError
        With the place in the request, what was got and what is allowed.
    """
    path = f"{folder}/{REQUEST_FILE}"
    carried = carried or {}
    try:
        if (content := carried.get(REQUEST_FILE)) is None:
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - in every warm answer
                content = file.read()
        document = json.loads(content)
    except OSError as error:
        raise RequestError(f"{path} can't be read: {error.strerror}") from None
    except ValueError as error:
        raise RequestError(f"{path} isn't JSON: {error}") from None
    if not isinstance(document, dict):
        raise RequestError(f"{path} must hold a JSON object")
    if document.get("contract") != CONTRACT_VERSION:
        raise _wrong("contract", document.get("contract"), f"{CONTRACT_VERSION}, which this SDK speaks")
    operation = document.get("operation")
    if operation not in OPERATIONS[block_type]:
        raise _wrong("operation", operation, f"of a {block_type} block: {', '.join(OPERATIONS[block_type])}")
    return Task(
        operation=operation,
        params=Params(_checked(document, "params", dict, {})),
        seed=_checked(document, "seed", int, 0),
        threads=_checked(document, "threads", int, 1),
        classes=_checked(document, "classes", list, []),
        inputs=_inputs(document, operation, block_type),
        deploys=document.get("deploys") is True,
        choosing=_checked(document, "choosing", dict, None),
        folder=folder,
        carried=carried,
        _window=_checked(document, "window", dict, None),
    )


def _inputs(document: dict[str, Any], operation: Operation, block_type: str) -> dict[str, dict[str, Any]]:
    inputs: dict[str, Any] = _checked(document, "inputs", dict, {})
    known = dict(OPERATION_INPUTS[operation])
    if block_type == "learning" and operation in ("describe", "plot", "export"):
        # A block over windows is told of them by the window spec, one over features by their labels.
        known["features"] = operation != "plot" and document.get("window") is None
        known["model"] = operation != "describe"
    if block_type == "processing" and operation == "plot":
        known["windows"] = True
    for name, entry in inputs.items():
        if name not in known:
            raise _wrong(f"inputs.{name}", "given", f"for {operation}: {', '.join(known) or 'no input'}")
        if not isinstance(entry, dict):
            raise _wrong(f"inputs.{name}", entry, "an object with a kind")
    for name, required in known.items():
        if required and name not in inputs:
            raise _wrong(f"inputs.{name}", "missing", f"{operation} needs it")
    if operation in ("fit", "score") and sum(name in inputs for name in EITHER_INPUT) != 1:
        given = ", ".join(name for name in EITHER_INPUT if name in inputs) or "neither"
        raise _wrong("inputs", given, f"for {operation}: one of {' and '.join(EITHER_INPUT)}")
    return inputs


def _checked(document: dict[str, Any], name: str, kind: type, default: Any) -> Any:
    value = document.get(name)
    if value is None:
        return default
    whole = not isinstance(value, int) or (not isinstance(value, bool) and value >= 0)
    if not isinstance(value, kind) or not whole:
        raise _wrong(name, value, {dict: "an object", list: "a list", int: "an integer ≥ 0"}[kind])
    return value


def _wrong(where: str, got: Any, allowed: str) -> RequestError:
    text = repr(got)
    shown = text if len(text) <= 80 else text[:80] + "…"
    return RequestError(f"{REQUEST_FILE}: {where}: got {shown}; allowed: {allowed}")

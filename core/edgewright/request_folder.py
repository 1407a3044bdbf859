"""A task's ``/in``: ``request.json`` and the files that it names, written and read by the host."""

from __future__ import annotations

import io
import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright_specs.interface import CONTRACT_VERSION, OPERATIONS, REQUEST_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from edgewright.registry import Block
    from edgewright_specs.interface import FileRef, Operation, WindowSpec


def put_array(folder: Path, name: str, array: NDArray[Any]) -> dict[str, Any]:
    """Write an array into a request folder and return the entry that names it in ``inputs``."""
    chunk = put_chunk(folder, f"{name}.npy", array)
    return {"kind": "array", "dtype": array.dtype.name, "chunks": [chunk]}


def put_chunk(folder: Path, path: str, array: NDArray[Any]) -> FileRef:
    """Write one ``.npy`` file, in C order, at a path relative to a request folder, and return what names it."""
    import numpy as np

    array = np.ascontiguousarray(array)
    header = npy_header(array.dtype.str, array.shape)
    digest = sha256(header)
    digest.update(array.data)
    with open(f"{folder}/{path}", "wb") as file:  # noqa: PTH123 - in every warm answer
        file.write(header)
        file.write(array.data)
    return {"path": path, "shape": list(array.shape), "sha256": digest.hexdigest()}


@lru_cache(maxsize=64)
def npy_header(dtype: str, shape: tuple[int, ...]) -> bytes:
    """First bytes of the ``.npy`` file of a C-ordered array, as numpy writes them."""
    import numpy as np

    header = io.BytesIO()
    facts = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, facts)  # type: ignore[no-untyped-call]
    return header.getvalue()


def put_features(
    folder: Path, name: str, array: NDArray[Any] | None, labels: Sequence[str], shape: Mapping[str, Any]
) -> dict[str, Any]:
    """Like :func:`put_array` for features of one node; without an array only labels and shape are told."""
    chunks = [] if array is None else [put_chunk(folder, f"{name}.npy", array)]
    part = {"node": "features", "labels": list(labels), "shape": dict(shape), "chunks": chunks}
    return {"kind": "features", "dtype": "float32", "parts": [part]}


def put_path(folder: Path, name: str, source: Path) -> dict[str, Any]:
    """Copy a folder or document into a request folder and return the entry that names it in ``inputs``."""
    import shutil

    target = folder / name
    if source.is_dir():
        shutil.copytree(source, target)
        return {"kind": "folder", "path": name, "sha256": _folder_sha256(target)}
    shutil.copyfile(source, target)
    return {"kind": "json", "path": name, "sha256": sha256(target.read_bytes()).hexdigest()}


def put_request(
    folder: Path,
    operation: Operation,
    params: Mapping[str, Any],
    *,
    inputs: Mapping[str, Any] | None = None,
    window: WindowSpec | None = None,
    classes: Sequence[str] = (),
    seed: int = 0,
    threads: int = 1,
    deploys: bool = False,
    choosing: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Write ``request.json``; what it names must be in the folder already."""
    request = {
        "contract": CONTRACT_VERSION,
        "operation": operation,
        "params": dict(params),
        "seed": seed,
        "threads": threads,
        "window": window,
        "classes": list(classes),
        "inputs": dict(inputs or {}),
    }
    if deploys:
        request["deploys"] = True
    if choosing is not None:
        request["choosing"] = dict(choosing)
    if options:
        request["options"] = dict(options)
    content = json.dumps(request, ensure_ascii=False, allow_nan=False).encode()
    with open(f"{folder}/{REQUEST_FILE}", "wb") as file:  # noqa: PTH123 - in every warm answer
        file.write(content)


def read_request(block: Block, folder: Path) -> dict[str, Any]:
    """Read a request folder's ``request.json`` for a block.

    Raises
    ------
    UsageError
        It isn't there, is no object, or asks for an operation that blocks of this type don't have.
    """
    path = folder / REQUEST_FILE
    try:
        request = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: not a request that can be read: {error}") from None
    known = OPERATIONS.get(block.type, ())
    if not isinstance(request, dict) or request.get("operation") not in known:
        got = request.get("operation") if isinstance(request, dict) else type(request).__name__
        raise UsageError(
            f"{path}: operation is {got!r}", hint=f"{block.type} blocks have: {', '.join(known) or 'none'}"
        )
    return request


def write_request(folder: Path, request: Mapping[str, Any]) -> None:
    """Write a whole request back into its folder, at the current version of the contract."""
    text = json.dumps({"seed": 0, "threads": 1, **request, "contract": CONTRACT_VERSION}, allow_nan=False)
    (folder / REQUEST_FILE).write_text(text, encoding="utf-8")


def _folder_sha256(folder: Path) -> str:
    from edgewright.store import folder_digest
    from edgewright.trees import iter_files

    return folder_digest(
        {name: sha256(Path(entry.path).read_bytes()).hexdigest() for name, entry in iter_files(folder)}
    )

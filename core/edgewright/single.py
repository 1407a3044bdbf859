"""One operation of one block, outside any impulse: what ``features``, ``blocks run`` and ``blocks check`` share.

A request folder is written, a runner runs the block once, and its outputs are harvested as an adversary's.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError, UsageError
from edgewright_specs.interface import CONTRACT_VERSION, OPERATIONS, REQUEST_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from edgewright.registry import Block
    from edgewright.runners.base import Limits, OnMessage, Prepared, Runner
    from edgewright_specs.interface import Operation, WindowSpec

#: Memory that is a folder, where the system has one: small payloads never touch a disk.
SHARED_MEMORY = Path("/dev/shm")
LOG_TAIL_BYTES = 4_000


@dataclass(frozen=True)
class Finished:
    """What one operation gave. ``outputs`` are paths in a folder that lives as long as its owner keeps it."""

    outputs: Mapping[str, Path]
    metrics: Mapping[str, float]
    warnings: Sequence[str]
    seconds: float
    log: str


@contextmanager
def workspace(in_memory: bool = False) -> Iterator[Path]:
    """A private folder that is gone afterwards; in memory where asked for and possible."""
    from edgewright.trees import remove_tree

    parent = SHARED_MEMORY if in_memory and os.access(SHARED_MEMORY, os.W_OK | os.X_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="edgewright-", dir=parent))
    try:
        yield folder
    finally:
        remove_tree(folder)


def window_spec(
    values: NDArray[Any], *, frequency: float | None = None, axes: Sequence[str] | None = None
) -> WindowSpec:
    """Say what the windows of an array are.

    Parameters
    ----------
    values : np.ndarray [shape=(n, length, axes)] or [shape=(n, height, width, channels), dtype=uint8]
    frequency : float > 0, optional
        Samples a second, in Hz. Without it 1: what depends on it then counts in samples.
    axes : sequence of str, optional
        Names, one a column; without them ``axis0``, ``axis1``, …

    Raises
    ------
    UsageError
        The array has another shape or dtype, or the names don't fit it.
    """
    if values.ndim == 4 and values.dtype.name == "uint8":
        _n, height, width, channels = values.shape
        return {"kind": "image", "height": height, "width": width, "channels": channels}
    if values.ndim != 3 or values.dtype.kind not in "fiu":
        raise UsageError(
            f"windows have shape {values.shape} and dtype {values.dtype}",
            hint="allowed: numbers of shape (n, length, axes), or uint8 images of shape (n, height, width, channels)",
        )
    length, width = values.shape[1:]
    if frequency is not None and not 0 < frequency < float("inf"):
        raise UsageError(f"frequency is {frequency}", hint="allowed: a positive number of samples a second")
    names = [f"axis{place}" for place in range(width)] if axes is None else [str(name) for name in axes]
    if len(names) != width or len(set(names)) != len(names):
        raise UsageError(
            f"{len(names)} axes ({', '.join(names)}) for windows with {width} columns",
            hint="name each column once",
        )
    return {
        "kind": "time-series",
        "length": int(length),
        "axes": names,
        "frequency": 1.0 if frequency is None else float(frequency),
    }


def as_windows(values: Any) -> NDArray[Any]:
    """Windows as a block takes them: uint8 images as they are, everything else C-ordered float32.

    Raises
    ------
    UsageError
        Not an array of numbers.
    """
    import numpy as np

    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise UsageError(f"windows of dtype {array.dtype}", hint="allowed: numbers")
    if array.ndim == 4 and array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    return np.ascontiguousarray(array, dtype="<f4")


def put_array(folder: Path, name: str, array: NDArray[Any]) -> dict[str, Any]:
    """Write a C-ordered array into a request folder and return the entry that names it in ``inputs``."""
    import numpy as np

    array = np.ascontiguousarray(array)
    header = npy_header(array.dtype.str, array.shape)
    digest = sha256(header)
    digest.update(array.data)
    with open(f"{folder}/{name}.npy", "wb") as file:  # noqa: PTH123 - in every warm answer
        file.write(header)
        file.write(array.data)
    chunk = {"path": f"{name}.npy", "shape": list(array.shape), "sha256": digest.hexdigest()}
    return {"kind": "array", "dtype": array.dtype.name, "chunks": [chunk]}


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
    entry = {"chunks": [], "dtype": "float32"} if array is None else put_array(folder, name, array)
    part = {"node": "features", "labels": list(labels), "shape": dict(shape), "chunks": entry["chunks"]}
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
) -> None:
    """Write ``request.json``; what it names must be in the folder already."""
    request = {
        "contract": CONTRACT_VERSION,
        "operation": operation,
        "params": dict(params),
        "seed": seed,
        "threads": 1,
        "window": window,
        "classes": list(classes),
        "inputs": dict(inputs or {}),
    }
    content = json.dumps(request, allow_nan=False).encode()
    with open(f"{folder}/{REQUEST_FILE}", "wb") as file:  # noqa: PTH123 - in every warm answer
        file.write(content)


def run_once(
    runner: Runner,
    prepared: Prepared,
    in_dir: Path,
    work: Path,
    *,
    operation: Operation,
    limits: Limits | None = None,
    on_message: OnMessage = lambda _message: None,
) -> Finished:
    """Run the request in `in_dir` once and harvest what it wrote.

    Parameters
    ----------
    work : Path
        An existing folder for the block's ``/out``, its log and the harvested outputs.

    Raises
    ------
    TaskError
        The task ended other than ``ok``, or its outputs are not what the contract says.
    """
    from edgewright.harvest import HarvestError, harvest
    from edgewright.harvest.rules import output_rules
    from edgewright.runners.base import Job
    from edgewright.runners.limits import limits_of
    from edgewright.runners.logs import tail

    block = prepared.block
    identity = uuid.uuid4().hex
    out_dir, staged, log_path = (work / f"{identity[:8]}-{name}" for name in ("out", "kept", "log"))
    out_dir.mkdir()
    staged.mkdir()
    job = Job(
        id=f"{block.name}-{operation}-{identity[:8]}",
        run_id=identity,
        prepared=prepared,
        in_dir=in_dir,
        out_dir=out_dir,
        log_path=log_path,
        limits=limits or limits_of(block),
    )
    section = block.spec.edgewright
    rules = output_rules(operation, section.outputs if section is not None else None)
    said: list[str] = []

    def listen(message: Mapping[str, Any]) -> None:
        if message.get("type") == "error":
            said.append(str(message.get("text", "")))
        on_message(message)

    outcome = runner.run(job, threading.Event(), listen)
    name = f"{block.name} {operation}"
    if outcome.reason != "ok":
        message = said[-1] if said else outcome.message
        raise TaskError(
            name, outcome.reason, message, log_tail="" if said else tail(log_path, LOG_TAIL_BYTES)
        )
    try:
        harvested = harvest(out_dir, staged, rules, job.limits)
    except HarvestError as error:
        raise TaskError(name, error.reason, error.message, log_tail=tail(log_path, LOG_TAIL_BYTES)) from error
    return Finished(
        outputs={key: staged / output.path for key, output in harvested.outputs.items()},
        metrics=harvested.metrics,
        warnings=harvested.warnings,
        seconds=outcome.seconds,
        log=tail(log_path, LOG_TAIL_BYTES),
    )


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

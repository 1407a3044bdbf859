"""One operation of one block, outside any impulse: what ``features``, ``blocks run`` and ``blocks check`` share.

A runner runs the block once on a request folder, and its outputs are harvested as an adversary's.
"""

from __future__ import annotations

import os
import tempfile
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

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
    from edgewright.harvest import HarvestError, harvest, output_rules
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
    undeclared = section.undeclared_files if section is not None else "warn"
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
        harvested = harvest(out_dir, staged, rules, job.limits, undeclared=undeclared)
    except HarvestError as error:
        raise TaskError(name, error.reason, error.message, log_tail=tail(log_path, LOG_TAIL_BYTES)) from error
    return Finished(
        outputs={key: staged / output.path for key, output in harvested.outputs.items()},
        metrics=harvested.metrics,
        warnings=harvested.warnings,
        seconds=outcome.seconds,
        log=tail(log_path, LOG_TAIL_BYTES),
    )

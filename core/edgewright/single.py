"""One operation of one block, outside any impulse: what ``features``, ``blocks run`` and ``blocks check`` share.

A runner runs the block once on a request folder, and its outputs are harvested as an adversary's.
"""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError, UsageError
from edgewright.runners.grants import NO_GRANTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.runners.base import Limits, OnMessage, Prepared, Runner
    from edgewright.runners.grants import Grants
    from edgewright_specs.interface import Operation, WindowSpec


@dataclass(frozen=True)
class Finished:
    """What one operation gave. ``outputs`` are paths in a folder that lives as long as its owner keeps it."""

    outputs: Mapping[str, Path]
    metrics: Mapping[str, float]
    warnings: Sequence[str]
    seconds: float
    log: str
    strays: Sequence[str] = ()  # files that no output names


@contextmanager
def workspace(in_memory: bool = False) -> Iterator[Path]:
    """A private folder that is gone afterwards; in memory where asked for and possible."""
    from edgewright import scratch

    with scratch.scratch_folder("call", scratch.in_memory() if in_memory else None) as folder:
        yield folder


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
    if 0 in values.shape[1:]:
        raise UsageError(
            f"windows have shape {values.shape}: they are empty",
            hint="allowed: sides of 1 or more; n may be 0",
        )
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
    grants: Grants = NO_GRANTS,
    cancel: threading.Event | None = None,
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
    from edgewright.carrying import carry_out
    from edgewright.runners.limits import limits_of
    from edgewright.runners.messages import LONGEST_ERROR
    from edgewright.terminal import printable_line

    block = prepared.block
    identity = uuid.uuid4().hex
    task, staged = (work / f"{identity[:8]}-{name}" for name in ("task", "kept"))
    staged.mkdir()
    said: list[Mapping[str, Any]] = []

    def listen(message: Mapping[str, Any]) -> None:
        if message.get("type") == "error":
            said.append(message)
        on_message(message)

    carried = carry_out(
        runner, prepared, in_dir, task, staged, id=f"{block.name}-{operation}-{identity[:8]}", run_id=identity,
        limits=limits or limits_of(block), grants=grants, cancel=cancel or threading.Event(), on_message=listen,
    )  # fmt: skip
    harvested = carried.harvested
    if harvested is None:
        last = said[-1] if said and carried.outcome.reason == "block_error" else {}
        # What ended it is in the outcome; where that is what the block said, its own words stand for themselves.
        words = str(last.get("text", ""))
        said_so = printable_line(words, LONGEST_ERROR)
        _how, found, more = carried.outcome.message.partition(said_so) if said_so else ("", "", "")
        own_words = f"{words}{more}" if found else ""
        raise TaskError(
            f"{block.name} {operation}", carried.outcome.reason, own_words or carried.outcome.message,
            log_tail="" if own_words else carried.log_tail, kind=last.get("kind"),
        )  # fmt: skip
    return Finished(
        outputs={key: staged / output.path for key, output in harvested.outputs.items()},
        metrics=harvested.metrics,
        warnings=harvested.warnings,
        seconds=carried.outcome.seconds,
        log=carried.log_tail,
        strays=harvested.strays,
    )

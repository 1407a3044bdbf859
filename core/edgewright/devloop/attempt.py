"""One run of a block on a sample: what came out, or what is wrong and where."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from edgewright.errors import EdgewrightError, TaskError, UsageError
from edgewright_specs.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from edgewright.devloop.sample import Sample
    from edgewright.face import BlockFeatures
    from edgewright.plugins import Plugins
    from edgewright.registry import Block
    from edgewright_specs.interface import WindowSpec
    from edgewright_specs.parameters import BlockSpec

#: A frame of a traceback, and how one begins.
_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Table:
    """Named columns, one row a window: features, or what a learning block says."""

    labels: tuple[str, ...]
    values: NDArray[Any]
    shape: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, features: BlockFeatures) -> Table:
        """The table of a processing block."""
        return cls(features.labels, features.values, features.shape)


@dataclass(frozen=True)
class Attempt:
    """How one run went.

    Attributes
    ----------
    status : {"ok", "spec", "failed"}
        ``spec``: the block's parameters.json, or the parameters given, are wrong.
    what : {"transform", "score"}
        Where the table is from.
    table : Table or None
    windows, window : the input, and what it is
    names : tuple of str
        What the rows are called.
    origin : str
        Where they come from.
    seconds : float
        Of one warm call over all windows.
    plots : list of dict
    problems : tuple of str
        What is wrong, each with its place where one is known.
    """

    status: Literal["ok", "spec", "failed"]
    what: Literal["transform", "score"] = "transform"
    table: Table | None = None
    windows: NDArray[Any] | None = None
    window: WindowSpec | None = None
    names: tuple[str, ...] = ()
    origin: str = ""
    seconds: float = 0.0
    plots: Sequence[Mapping[str, Any]] = ()
    problems: tuple[str, ...] = ()


def attempt(
    folder: Path,
    plugins: Plugins,
    sample: Sample | None,
    params_of: Callable[[BlockSpec], dict[str, Any]],
    like: WindowSpec | None = None,
    runner: str = "process",
) -> Attempt:
    """Run the block of a folder once.

    Parameters
    ----------
    folder : Path
    plugins : Plugins
    sample : Sample or None
        None: made-up windows of the first kind that the block takes.
    params_of : callable
        Gives the parameters that differ from the defaults, by the spec as it is now.
    like : WindowSpec, optional
        Windows of this kind are made up first: what the block took the last time.
    runner : str
        ``process``: with the caller's own rights.

    Raises
    ------
    UsageError
        Blocks of this type aren't run on a sample.
    """
    from edgewright.devloop import learning, processing
    from edgewright.registry import resolve

    try:
        block = resolve(str(folder.absolute()), folder, plugins, otherwise="processing")
        given = params_of(block.spec)
    except SpecError as error:
        return Attempt("spec", problems=tuple(_shown(str(problem), folder) for problem in error.problems))
    except UsageError as error:
        return Attempt("spec", problems=(str(error),))
    runs = {"processing": processing.run, "learning": learning.run}
    if block.type not in runs:
        hint = {
            "deployment": "`edgewright blocks check` builds and verifies a package of a small impulse",
            "transform": "`edgewright data transform` runs it on a data folder",
        }
        raise UsageError(
            f"{block.name} is a {block.type} block, which no sample is run on", hint=hint.get(block.type)
        )
    try:
        return runs[block.type](block, plugins, sample, given, like, runner)
    except SpecError as error:
        return Attempt("failed", problems=tuple(str(problem) for problem in error.problems))
    except EdgewrightError as error:
        return Attempt("failed", problems=told(error, block))


def told(error: EdgewrightError, block: Block) -> tuple[str, ...]:
    """An error with its place in the block's files, and the traceback below that place."""
    log = error.log_tail if isinstance(error, TaskError) else ""
    folder = str((block.folder or Path()).resolve())
    start = log.rfind(_TRACEBACK)
    frames = [
        found for found in _FRAME.finditer(log, max(start, 0)) if found["file"].startswith(f"{folder}/")
    ]
    if start < 0 or not frames:
        said = error.said if isinstance(error, TaskError) else error.message
        return (said, *([f"→ {error.hint}"] if error.hint else []))
    last = frames[-1]
    lines = [line for line in log[start:].splitlines() if line.strip()]
    code = [line for line in log[last.start() :].splitlines()[1:-1] if line.strip()]
    place = f"{Path(last['file']).relative_to(folder)}:{last['line']}"
    return (f"{place}: {lines[-1].strip()}", *code[:3])


def timed(call: Callable[[], None]) -> float:
    """Seconds of a call that was made before: without imports and first-time work, unless those took long."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _shown(problem: str, folder: Path) -> str:
    return problem.replace(f"{folder.absolute()}/", "")

"""Tasks: one block execution or one host step, with where each input comes from.

A task names its inputs by the tasks that make them, so the graph is in the tasks themselves. Nothing here touches files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from edgewright.runners.grants import NO_GRANTS, Grants

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.registry import Block
    from edgewright.runners.base import Limits
    from edgewright_specs.interface import Operation, WindowSpec


@dataclass(frozen=True)
class FromTask:
    """A file or folder that another task made."""

    task: str
    output: str


@dataclass(frozen=True)
class WindowRows:
    """Rows ``first:last`` of the window index, cut from the signal just before the task starts.

    ``columns`` chooses axes of the signal; None takes all. ``rows`` keeps some of these windows (None: all).
    """

    read_task: str
    index_task: str
    first: int
    last: int
    length: int
    columns: tuple[int, ...] | None = None
    rows: Rows | None = None


@dataclass(frozen=True)
class Part:
    """The features of one upstream node: its ``describe`` task and, in window order, its ``transform`` tasks."""

    node: str
    describe: str
    chunks: tuple[str, ...] = ()


#: In a node's assignment of training windows to folds: a window it does not learn from.
NOT_USED = -2
#: In a fit's cut of its windows: learned from, or kept to validate. A negative number is neither.
LEARNED, VALIDATES = 0, 1


@dataclass(frozen=True)
class Rows:
    """Some rows of the training split, by the assignment that a node's ``select`` step made.

    Without ``fold`` all that the node learns from; with it those of the other folds, or with ``held`` those of the fold.
    ``part`` keeps of these what a fit learns from, or what validates it, by the step's ``validation``.
    """

    task: str
    fold: int | None = None
    held: bool = False
    part: Literal["learned", "validates"] | None = None

    def of(
        self, assignment: NDArray[np.int32], validation: NDArray[np.int8] | None = None
    ) -> NDArray[np.intp]:
        """Row numbers, ascending. A negative fold is in none: it straddles a cut, or is not used at all."""
        chosen = self._chosen(assignment)
        if self.part is not None:
            assert validation is not None
            own = validation[0 if self.fold is None else self.fold + 1]
            chosen = chosen & (own == (LEARNED if self.part == "learned" else VALIDATES))
        rows: NDArray[np.intp] = chosen.nonzero()[0]
        return rows

    def _chosen(self, assignment: NDArray[np.int32]) -> NDArray[np.bool_]:
        chosen: NDArray[np.bool_]
        if self.fold is None:
            chosen = assignment != NOT_USED
        elif self.held:
            chosen = assignment == self.fold
        else:
            chosen = (assignment >= 0) & (assignment != self.fold)
        return chosen

    def outputs(self) -> tuple[str, ...]:
        """Names of the step's outputs that say which rows these are."""
        return ("assignment",) if self.part is None else ("assignment", "validation")


@dataclass(frozen=True)
class FeatureRows:
    """Features of several nodes over the same windows; ``rows`` keeps some of the training windows (None: all)."""

    parts: tuple[Part, ...]
    rows: Rows | None = None


@dataclass(frozen=True)
class CodeRows:
    """One number for each of some training windows: ``output`` of the step that ``rows`` names, cut to these rows."""

    output: str
    rows: Rows


Source = FromTask | WindowRows | FeatureRows | CodeRows


@dataclass(frozen=True)
class BlockTask:
    """One operation of one block on given inputs."""

    id: str
    node: str
    operation: Operation
    block: Block
    params: Mapping[str, Any]
    inputs: Mapping[str, Source]
    window: WindowSpec | None = None
    classes: tuple[str, ...] = ()
    seed: int = 0
    threads: int = 1
    limits: Limits | None = None
    grants: Grants = NO_GRANTS
    columns: int | None = (
        None  # how many columns `features` or `probabilities` must have, from the description
    )
    required: tuple[str, ...] = ()  # outputs that it must give beyond those its operation always gives
    place: str = ""  # where in the impulse file the node stands
    choosing: Mapping[str, Any] | None = None  # what a block that chooses parameters is told
    deploys: bool = False  # a description is also asked whether the node can become device code

    def needs(self) -> Iterator[str]:
        """Ids of the tasks whose outputs this one reads."""
        for source in self.inputs.values():
            yield from source_tasks(source)


#: A host step: pure function of its input paths and settings, writing files into a folder.
Step = Callable[["StepInputs", Mapping[str, Any], "Path"], Mapping[str, str]]


@dataclass(frozen=True)
class StepInputs:
    """What a host step reads: the outputs of tasks by (task, output)."""

    files: Mapping[tuple[str, str], Path]

    def __getitem__(self, item: tuple[str, str]) -> Path:
        return self.files[item]


@dataclass(frozen=True)
class HostTask:
    """A trusted step of the host: read, index, thresholds, decisions, assembly of a deployment.

    ``step`` writes into a folder and returns its outputs as ``{name: relative path}``; ``version`` changes with its meaning.
    ``settings`` is JSON and goes into the key.
    """

    id: str
    node: str
    operation: str
    step: Step = field(compare=False)
    version: int
    settings: Mapping[str, Any]
    reads: tuple[FromTask, ...] = ()
    place: str = ""

    def needs(self) -> Iterator[str]:
        """Ids of the tasks whose outputs this one reads."""
        for source in self.reads:
            yield source.task


Task = BlockTask | HostTask


def source_tasks(source: Source) -> Iterator[str]:
    """Ids of the tasks that a source reads from."""
    if isinstance(source, FromTask):
        yield source.task
    elif isinstance(source, WindowRows):
        yield source.read_task
        yield source.index_task
        if source.rows is not None:
            yield source.rows.task
    elif isinstance(source, FeatureRows):
        for part in source.parts:
            yield part.describe
            yield from part.chunks
        if source.rows is not None:
            yield source.rows.task
    elif isinstance(source, CodeRows):
        yield source.rows.task

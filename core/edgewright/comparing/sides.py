"""What the other side is asked, what it answers, and the choice of who answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from edgewright.data import windows
from edgewright.data.names import known_normal
from edgewright.errors import DataError, UsageError
from edgewright.running.session import Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.plugins import Plugins
    from edgewright.running.fresh import Fresh
    from edgewright.running.run import Run

#: Windows are handed over in pieces of this size.
CHUNK_BYTES = 32 << 20


@dataclass(frozen=True)
class Wishes:
    """What a person says of the other side. None: it is concluded.

    Attributes
    ----------
    node, other_node : str, optional
        Anomaly node of the run, and of the other run or package.
    threshold : float, optional
        Of the other side.
    by : {"anomaly", "classes"}, optional
        Which of its results is the score, where it gives both.
    classes : sequence of str
        Names of its classes, in order, where a model doesn't tell them.
    normal : sequence of str
        Its classes that are normal.
    takes : {"features", "windows"}, optional
        What a model file is fed with.
    """

    node: str | None = None
    other_node: str | None = None
    threshold: float | None = None
    by: Literal["anomaly", "classes"] | None = None
    classes: Sequence[str] = ()
    normal: Sequence[str] = ()
    takes: Literal["features", "windows"] | None = None


@dataclass(frozen=True)
class Question:
    """The windows of the recordings, as the run cut them, and how the other side may be run."""

    run: Run
    node: str
    fresh: Fresh
    data: Path
    wishes: Wishes = field(default_factory=Wishes)
    options: Options = field(default_factory=Options)
    plugins: Plugins | None = None

    @property
    def count(self) -> int:
        """How many windows there are."""
        return len(self.fresh.index)

    @property
    def kind(self) -> str:
        """What the run's node tells: ``anomaly`` or ``classification``."""
        return str(self.run.description(self.node)["kind"])

    @property
    def classifies(self) -> bool:
        """Whether classes are compared, not anomaly scores."""
        return self.kind == "classification"

    @property
    def axes(self) -> list[str]:
        """Names of the windows' axes; none of images."""
        return list(self.fresh.session.planner.samples.window.get("axes", ()))

    @property
    def images(self) -> bool:
        """Whether windows are images."""
        return self.fresh.session.planner.samples.window["kind"] == "image"

    @property
    def shape(self) -> list[int]:
        """Shape of a window: length and axes, or height, width and channels."""
        rest = list(self.fresh.signal.shape[1:])
        return rest if self.images else [self.fresh.length, *rest]

    def pieces(self) -> Iterator[NDArray[Any]]:
        """The windows in order, ``(n, length, axes)`` or uint8 ``(n, height, width, channels)``, some at a time."""
        length = self.fresh.length
        step = max(1, CHUNK_BYTES // (4 * math.prod(self.shape)))
        for first in range(0, self.count, step):
            yield windows(self.fresh.signal, self.fresh.index, slice(first, first + step), length)

    def features(self) -> tuple[NDArray[np.float32], list[str]]:
        """What the run's node learns from, ``(n, f)``, and its labels. Raises UsageError where it reads windows."""
        sources = self.run.inputs_of(self.node)
        if "input" in sources:
            raise UsageError(f"node {self.node!r} reads the windows themselves, not features")
        values = np.concatenate([self.fresh.features(source) for source in sources], axis=1)
        labels = [str(label) for source in sources for label in self.run.description(source)["labels"]]
        return values, labels


@dataclass(frozen=True)
class Answer:
    """Scores of the other side, higher = more anomalous.

    ``scores`` has one a window of the question, ``recordings`` one a sample, NaN where there is none; ``seconds`` is the
    time of one window, ``size`` in bytes; ``recording_limit`` is what its scores of recordings are held against;
    ``classes`` are the shares of its classes, one a window, where classes are compared.
    """

    kind: str
    name: str
    scores: NDArray[np.float64]
    recordings: NDArray[np.float64] | None = None
    threshold: float | None = None
    seconds: float | None = None
    size: int | None = None
    notes: tuple[str, ...] = ()
    timed: str = ""
    sized: str = ""
    recording_limit: float | None = None
    classes: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def must_exist(other: Path) -> None:
    """Refuse an other side that isn't there, before anything is scored for it."""
    if not other.exists():
        raise UsageError(f"{other}: there is no such file or folder", hint=_KINDS)


def ask(other: Path, question: Question) -> Answer:
    """Recognise the other side and have it score the question's windows.

    Raises
    ------
    UsageError
        It is nothing that can be compared.
    DataError, TaskError, RunnerUnavailableError
        It is, but can't be read or run.
    """
    if other.is_dir() and (other / "run.json").is_file():
        from edgewright.comparing.runs import answer_of_run

        return answer_of_run(other, question)
    suffix = other.suffix.lower()
    if suffix == ".eim":
        from edgewright.comparing.programs import answer_of_eim

        return answer_of_eim(other, question)
    if suffix == ".onnx":
        from edgewright.comparing.onnx_file import answer_of_onnx

        return answer_of_onnx(other, question)
    if suffix in (".csv", ".tsv"):
        from edgewright.comparing.score_list import answer_of_list

        return answer_of_list(other, question)
    if suffix in (".json", ".h", ".hpp", ".c", ".cpp"):
        from edgewright.comparing.clusters import answer_of_tables

        return answer_of_tables(other, question)
    if other.is_dir() or suffix in (".zip", ".wasm", ".js"):
        from edgewright.comparing.packages import answer_of_package

        return answer_of_package(other, question)
    raise UsageError(f"{other}: nothing that can be compared", hint=_KINDS)


_KINDS = (
    "give a run folder, a WebAssembly package (folder or zip), a Linux .eim, an ONNX file, a CSV of scores, "
    "or K-means tables (.json, .h)"
)


def abnormality(
    classes: Mapping[str, NDArray[Any]], question: Question, *, where: str
) -> tuple[NDArray[np.float64], list[str]]:
    """A score from class probabilities: what is not the share of the normal classes.

    Returns
    -------
    scores : np.ndarray [shape=(n,)]
        NaN where classes are compared, not scores.
    notes : list of str
        Which classes were taken as normal.

    Raises
    ------
    DataError
        None of the classes is known to be normal.
    """
    if question.classifies:
        return np.full(question.count, np.nan), []
    wished = set(question.wishes.normal)
    unknown = wished - set(classes)
    if unknown:
        raise UsageError(
            f"--normal {min(unknown)}: {where} has no such class", hint=f"its classes: {', '.join(classes)}"
        )
    learned = {str(sample["label"]) for sample in question.run.samples if sample.get("normal") is True}
    normal = [name for name in classes if name in wished] or [
        name for name in classes if not wished and (name in learned or known_normal(name))
    ]
    if not normal:
        raise DataError(
            f"{where}: none of its classes ({', '.join(classes) or 'none'}) is normal in the run",
            hint="say which are by --normal CLASS",
        )
    total = np.sum([np.asarray(classes[name], dtype=np.float64) for name in normal], axis=0)
    return 1.0 - total, [f"its score is 1 − the share of the normal classes {', '.join(normal)}"]

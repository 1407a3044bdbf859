"""The other side is a program of Edge Impulse's: a Linux ``.eim``, or a WebAssembly package with its JavaScript.

Both are foreign code, so they are run as what they would be here: a block that isn't built in. A driver block with the
program beside it goes to the container engine under the strict profile; without an engine it is refused unless the
user trusts it (``--runner process --trust``).
"""

from __future__ import annotations

import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgewright.comparing.sides import Answer, abnormality
from edgewright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright.comparing.sides import Question

#: Columns that a driver block returns beside ``class NAME``.
SCORE, THRESHOLD, SECONDS = "score", "threshold", "seconds"


def answer_of_eim(path: Path, question: Question) -> Answer:
    """Run a Linux ``.eim`` over every window. Raises TaskError, RunnerUnavailableError."""
    return _answer("eim", [path], "Linux .eim", path.name, question, path.stat().st_size, "model.eim")


def answer_of_embind(script: Path, name: str, question: Question) -> Answer:
    """Run a WebAssembly package of Edge Impulse over every window. Raises TaskError, RunnerUnavailableError."""
    module = script.with_suffix(".wasm")
    parts = [script, *([module] if module.is_file() else [])]
    size = sum(part.stat().st_size for part in parts)
    return _answer("embind", parts, "WebAssembly package of Edge Impulse", name, question, size)


def _answer(
    driver: str, parts: Sequence[Path], kind: str, name: str, question: Question, size: int, rename: str = ""
) -> Answer:
    from edgewright.face import open_block

    if question.images:
        raise UsageError(
            f"{name}: a {kind} is compared by signals alone, and the run's windows are images",
            hint="compare with a run, a WebAssembly package of ours, an ONNX file over features, or a list of scores",
        )
    options = question.options
    with tempfile.TemporaryDirectory(prefix="edgewright-compare-") as work:
        folder = Path(work, f"compare_{driver}")
        with as_file(files("edgewright.comparing") / "drivers" / driver) as source:
            shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
        program = folder / "program"
        program.mkdir()
        for part in parts:
            target = program / (rename or part.name)
            shutil.copyfile(part, target)
            target.chmod(0o755)
        with open_block(
            folder, runner=options.runner, trust=options.trust, plugins=question.plugins
        ) as block:
            rows = [
                block.transform(piece, frequency=question.fresh.frequency, axes=question.axes)
                for piece in question.pieces()
            ]
            how = block.runner
    labels = rows[0].labels
    values = np.concatenate([part.values for part in rows]).astype(np.float64)
    column = {label: values[:, number] for number, label in enumerate(labels)}
    classes = {label[len("class ") :]: column[label] for label in labels if label.startswith("class ")}
    by_class = question.classifies or question.wishes.by == "classes" or SCORE not in column
    notes = [f"run by the runner {how}"]
    threshold = None
    if by_class:
        scores, told = abnormality(classes, question, where=name)
        notes += told
    else:
        scores = column[SCORE]
        threshold = float(column[THRESHOLD][0]) if THRESHOLD in column else None
    return Answer(
        kind, name, scores, threshold=threshold, seconds=float(column[SECONDS].mean()), size=size, notes=tuple(notes),
        timed="inference alone", sized="file", classes=classes,
    )  # fmt: skip

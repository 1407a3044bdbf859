"""The other side is an ONNX file, fed with the run's features or with the windows themselves."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.comparing.sides import Answer, abnormality
from edgewright.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.comparing.sides import Question


def answer_of_onnx(path: Path, question: Question) -> Answer:
    """Run the model over every window.

    Raises
    ------
    UsageError
        onnxruntime isn't installed.
    DataError
        The model can't be loaded, takes something else, or gives no score.
    """
    session = _open(path)
    given = session.get_inputs()
    if len(given) != 1 or given[0].type != "tensor(float)":
        taken = ", ".join(f"{item.name} {item.type}" for item in given)
        raise DataError(
            f"{path}: takes {taken}; compared are models of one float input",
            hint="compare with a run, a WebAssembly package of ours, or a list of scores that the model gave",
        )
    takes, shape = _takes(path, list(given[0].shape), question)
    output = _score_output(path, session)
    rows = given[0].shape[0] if isinstance(given[0].shape[0], int) and given[0].shape[0] > 0 else None
    seconds, parts = 0.0, []
    for piece in _pieces(question, takes):
        fed = np.ascontiguousarray(piece.reshape(len(piece), *shape), dtype=np.float32)
        step = rows or len(fed)
        for first in range(0, len(fed), step):
            batch = fed[first : first + step]
            filled = (
                batch
                if len(batch) == step
                else np.concatenate([batch, np.repeat(batch[-1:], step - len(batch), axis=0)])
            )
            started = time.perf_counter()
            try:
                (result,) = session.run([output], {given[0].name: filled})
            except Exception as error:  # onnxruntime has a dozen exceptions of its own, without a common root
                raise DataError(f"{path}: can't be run: {str(error).splitlines()[0]}") from error
            seconds += time.perf_counter() - started
            parts.append(np.asarray(result, dtype=np.float64).reshape(step, -1)[: len(batch)])
    values = np.concatenate(parts)
    scores, classes, notes = _scores(path, values, session, question)
    return Answer(
        "ONNX file", path.name, scores, None, None, seconds / max(len(values), 1), path.stat().st_size,
        (f"fed with the {'features of the run' if takes == 'features' else 'windows'}, output {output!r}", *notes),
        "inference alone", "file", classes=classes,
    )  # fmt: skip


def _open(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise UsageError(
            f"{path}: onnxruntime is not installed", hint='pip install "edgewright[vision]"'
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # see above
        raise DataError(
            f"{path}: can't be loaded as ONNX: {str(error).splitlines()[0]}", hint="export the model again"
        ) from error


def _takes(path: Path, declared: list[Any], question: Question) -> tuple[str, tuple[int, ...]]:
    """What the model is fed with, and the shape of one row."""
    length, axes = question.fresh.length, len(question.axes)
    inner = [size if isinstance(size, int) and size > 0 else None for size in declared[1:]]
    width = None
    if "input" not in question.run.inputs_of(question.node):
        width = sum(
            int(question.run.description(node)["features"]) for node in question.run.inputs_of(question.node)
        )
    fits: dict[str, tuple[int, ...]] = {}
    for name, values, plain in (("features", width, (width,)), ("windows", length * axes, (length, axes))):
        if not values:  # nothing, or images, whose layout in a model nobody knows
            continue
        known = math.prod(size for size in inner if size is not None)
        open_sizes = inner.count(None)
        if open_sizes == 0 and known == values:
            fits[name] = tuple(int(size) for size in inner if size is not None)
        elif open_sizes == 1 and known and values % known == 0:
            fits[name] = tuple(size if size is not None else values // known for size in inner)
        elif open_sizes == len(inner) == len(plain):
            fits[name] = tuple(int(size) for size in plain if size is not None)
    wished = question.wishes.takes
    if wished is None and len(fits) == 2 and len(inner) == 1:
        wished = (
            "features"  # a flat row of open width: features, as networks behind a processing block take them
        )
    chosen: str | None = wished
    if chosen is None and len(fits) == 1:
        chosen = next(iter(fits))
    if chosen is None or chosen not in fits:
        raise DataError(
            f"{path}: takes {declared}; the run gives windows of {length} × {axes} = {length * axes} values"
            + (f" and {width} features" if width is not None else ""),
            hint="say which by --input features or --input windows"
            if len(fits) == 2
            else "compare a run whose window or features fit the model",
        )
    return chosen, fits[chosen]


def _pieces(question: Question, takes: str) -> Iterator[NDArray[np.float32]]:
    if takes == "features":
        yield question.features()[0]
    else:
        yield from question.pieces()


def _score_output(path: Path, session: Any) -> str:
    """The output that sounds like a score, else the first of floats."""
    floats = [
        output.name for output in session.get_outputs() if output.type in ("tensor(float)", "tensor(double)")
    ]
    if not floats:
        given = ", ".join(f"{output.name} {output.type}" for output in session.get_outputs())
        raise DataError(
            f"{path}: gives {given or 'nothing'}; a score is an output of floats",
            hint="export one with a score",
        )
    named = [name for name in floats if "score" in name.lower() or "anomal" in name.lower()]
    return str((named or floats)[0])


def _scores(
    path: Path, values: NDArray[np.float64], session: Any, question: Question
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]], list[str]]:
    """Scores, shares by class, and what to note of them."""
    if values.shape[1] == 1 and not question.classifies:
        return values[:, 0], {}, []
    told = session.get_modelmeta().custom_metadata_map.get("classes", "")
    names = list(question.wishes.classes) or [name for name in told.split(",") if name]
    notes = []
    if not names and question.classifies:
        names = [str(name) for name in question.run.description(question.node)["classes"]]
        notes.append(f"its values are taken as the run's classes {', '.join(names)}, in this order")
    if len(names) != values.shape[1]:
        raise DataError(
            f"{path}: gives {values.shape[1]} values a window and {len(names)} class names are known",
            hint="name them in order by --classes a,b,c",
        )
    classes = {name: values[:, number] for number, name in enumerate(names)}
    scores, more = abnormality(classes, question, where=str(path))
    return scores, classes, notes + more

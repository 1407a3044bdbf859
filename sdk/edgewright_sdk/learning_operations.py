"""The operations of learning blocks, over features or over windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.blocks import Block, Learner, LearningBlock, WindowLearningBlock
from edgewright_sdk.documents import LearningDescription
from edgewright_sdk.errors import BlockError, OutputError
from edgewright_sdk.model import Model
from edgewright_sdk.returned import check_batch, wrong_return
from edgewright_sdk.values import Features, FeatureSpec, Scores, Windows
from edgewright_specs.interface import EITHER_INPUT, WindowSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright_sdk.arrays import Array
    from edgewright_sdk.context import Context
    from edgewright_sdk.request import Task
    from edgewright_sdk.result import Outputs

AnyLearner = Learner[Any, Any]


def _describe(block: AnyLearner, task: Task, outputs: Outputs) -> None:
    description = block.describe(_spec(block, task), task.params)
    if not isinstance(description, LearningDescription):
        raise wrong_return(block, "describe", description, "a LearningDescription")
    outputs.document("description", description.document())


def _fit(block: AnyLearner, task: Task, outputs: Outputs) -> None:
    train = _batch(block, task)
    if len(train) == 0:
        raise BlockError("there are no training windows; check the impulse's normal labels and its split")
    _check_all(train, "training feature")
    validation = _batch(block, task, "validation") if task.has("validation") else None
    _check_codes(block.context, len(train), 0 if validation is None else len(validation))
    if validation is not None and not len(validation):  # too few windows to keep any back
        validation = None
    model = block.fit(train, validation, task.params, block.context)
    if not isinstance(model, Model):
        raise wrong_return(block, "fit", model, "a Model")
    model.save(outputs.new_folder("model"))
    for name, rank in (("train_scores", 1), ("train_contributions", 2), ("train_map", 3)):
        values = getattr(model, name)
        if values is None:
            continue
        if np.ndim(values) != rank or len(values) != len(train):
            raise BlockError(f"{name} has shape {np.shape(values)} for {len(train)} training windows")
        outputs.array(name, np.asarray(values, np.float32) if rank > 1 else np.asarray(values))


def _check_codes(context: Context, training: int, validation: int) -> None:
    if context.folds is not None and context.folds.shape != (training,):
        raise BlockError(f"folds has shape {context.folds.shape} for {training} training windows")
    for name, rows in (("", training), ("validation_", validation)):
        for kind in ("targets", "groups"):
            codes = getattr(context, name + kind)
            if codes is not None and codes.shape != (rows,):
                windows = f"{rows} {'validation' if name else 'training'} windows"
                raise BlockError(f"{name}{kind} has shape {codes.shape} for {windows}")


def _convert(block: AnyLearner, task: Task, outputs: Outputs) -> None:
    if not isinstance(block, LearningBlock):
        raise BlockError("only blocks that learn from features convert model files")
    model = block.convert(task.path("artifacts"), task.feature_spec(), task.params, block.context)
    if not isinstance(model, Model):
        raise wrong_return(block, "convert", model, "a Model")
    model.save(outputs.new_folder("model"))


def _score(block: AnyLearner, task: Task, outputs: Outputs) -> None:
    model, rows = Model.load(task.path("model")), _batch(block, task)
    total = len(rows)
    if total == 0:
        _write_empty_scores(block.describe(_spec(block, task), task.params), outputs)
        return
    written: dict[str, Array] = {}
    start = 0
    for batch in rows.batches(block.batch_bytes):
        check_batch(batch, start, "feature")
        stop = start + len(batch)
        for name, array in _checked_scores(block, block.score(model, batch, task.params), len(batch)).items():
            if stop - start == total:
                outputs.array(name, array)
                continue
            if name not in written:
                written[name] = outputs.open_array(name, array.dtype, (total, *array.shape[1:]))
            if array.shape[1:] != written[name].shape[1:]:
                raise BlockError(
                    f"{name} has rows of shape {written[name].shape[1:]}, then {array.shape[1:]}"
                )
            written[name][start:stop] = array
        if stop - start < total:
            block.context.progress(stop, total)
        start = stop


def _checked_scores(block: Block, scores: Any, rows: int) -> dict[str, Array]:
    if not isinstance(scores, Scores):
        raise wrong_return(block, "score", scores, "Scores")
    arrays: dict[str, Array] = {}
    if scores.scores is not None:
        kept = np.asarray(scores.scores)
        arrays["scores"] = kept if kept.dtype == np.float32 else kept.astype(np.float64)
    for name in ("contributions", "probabilities", "map", "in_float32"):
        value = getattr(scores, name)
        if value is not None:
            arrays[name] = np.asarray(value, dtype=np.float32)
    if scores.nearest is not None:
        arrays["nearest"] = np.asarray(scores.nearest, dtype=np.int32)
    if not arrays:
        raise OutputError("score gave neither scores nor probabilities nor a map")
    for name, array in arrays.items():
        rank = {"scores": 1, "map": 3}.get(name, 2)
        if array.ndim != rank or len(array) != rows:
            raise OutputError(f"{name} has shape {array.shape}; expected rank {rank} with {rows} rows")
    return arrays


def _write_empty_scores(description: LearningDescription, outputs: Outputs) -> None:
    classes = len(description.classes)
    widths = {
        "contributions": len(description.contributions),
        "probabilities": classes,
        "in_float32": classes or 1,
    }
    for name in description.outputs:
        if name == "scores":
            outputs.array(name, np.zeros(0, np.float64))
        elif name in widths:
            outputs.array(name, np.zeros((0, widths[name]), np.float32))
        elif name == "nearest":
            outputs.array(name, np.zeros((0, 3), np.int32))
        else:
            outputs.array(name, np.zeros((0, 0, 0), np.float32))


def _plot(block: AnyLearner, task: Task, outputs: Outputs) -> None:
    model = Model.load(task.path("model"))
    given = any(task.has(name) for name in EITHER_INPUT)
    batch = _batch(block, task) if given else None
    outputs.document("plots", {"plots": block.plot(model, batch, task.params)})


def _export(block: AnyLearner, task: Task, outputs: Outputs) -> None:
    model = Model.load(task.path("model"))
    export = block.export(model, _spec(block, task), task.params)
    export.write(outputs.new_folder("export"), block.folder / "device")


def _spec(block: AnyLearner, task: Task) -> FeatureSpec | WindowSpec:
    return task.window if isinstance(block, WindowLearningBlock) else task.feature_spec()


def _batch(block: AnyLearner, task: Task, name: str | None = None) -> Features | Windows:
    if isinstance(block, WindowLearningBlock):
        return Windows(task.array(name or "windows"), task.window)
    return task.features(name or "features")


def _check_all(rows: Features | Windows, what: str) -> None:
    start = 0
    for batch in rows.batches():
        check_batch(batch, start, what)
        start += len(batch)


OPERATIONS: dict[str, Callable[[AnyLearner, Task, Outputs], None]] = {
    "describe": _describe,
    "fit": _fit,
    "convert": _convert,
    "score": _score,
    "plot": _plot,
    "export": _export,
}

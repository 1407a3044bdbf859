"""The operations of learning blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.documents import LearningDescription
from edgewright_sdk.errors import BlockError
from edgewright_sdk.model import Model
from edgewright_sdk.returned import check_finite, wrong_return
from edgewright_sdk.values import Features, Scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright_sdk.arrays import Array
    from edgewright_sdk.blocks import Block, LearningBlock
    from edgewright_sdk.request import Task
    from edgewright_sdk.result import Outputs


def _describe(block: LearningBlock, task: Task, outputs: Outputs) -> None:
    description = block.describe(task.feature_spec(), task.params)
    if not isinstance(description, LearningDescription):
        raise wrong_return(block, "describe", description, "a LearningDescription")
    outputs.document("description", description.document())


def _fit(block: LearningBlock, task: Task, outputs: Outputs) -> None:
    train = task.features()
    if len(train) == 0:
        raise BlockError("there are no training windows; check the impulse's normal labels and its split")
    _check_all_finite(train, "training feature")
    validation = task.features("validation") if task.has("validation") else None
    for name, codes in (("targets", block.context.targets), ("groups", block.context.groups)):
        if codes is not None and codes.shape != (len(train),):
            raise BlockError(f"{name} has shape {codes.shape} for {len(train)} training windows")
    model = block.fit(train, validation, task.params, block.context)
    if not isinstance(model, Model):
        raise wrong_return(block, "fit", model, "a Model")
    model.save(outputs.new_folder("model"))
    if model.train_scores is not None:
        if np.shape(model.train_scores) != (len(train),):
            raise BlockError(
                f"train_scores has shape {np.shape(model.train_scores)} for {len(train)} training windows"
            )
        outputs.array("train_scores", np.asarray(model.train_scores))


def _score(block: LearningBlock, task: Task, outputs: Outputs) -> None:
    model, features = Model.load(task.path("model")), task.features()
    total = len(features)
    if total == 0:
        description = block.describe(task.feature_spec(), task.params)
        _write_empty_scores(description, outputs)
        return
    written: dict[str, Array] = {}
    start = 0
    for batch in features.batches(block.batch_bytes):
        check_finite(batch, start, "feature")
        stop = start + len(batch)
        for name, array in _checked_scores(block, block.score(model, batch, task.params), len(batch)).items():
            if stop - start == total:
                outputs.array(name, array)
                continue
            if name not in written:
                written[name] = outputs.open_array(name, array.dtype, (total, *array.shape[1:]))
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
    for name in ("contributions", "probabilities", "map"):
        value = getattr(scores, name)
        if value is not None:
            arrays[name] = np.asarray(value, dtype=np.float32)
    if not arrays:
        raise BlockError("score gave neither scores nor probabilities nor a map")
    for name, array in arrays.items():
        rank = {"scores": 1, "map": 3}.get(name, 2)
        if array.ndim != rank or len(array) != rows:
            raise BlockError(f"{name} has shape {array.shape}; expected rank {rank} with {rows} rows")
    return arrays


def _write_empty_scores(description: LearningDescription, outputs: Outputs) -> None:
    widths = {"contributions": len(description.contributions), "probabilities": len(description.classes)}
    for name in description.outputs:
        if name == "scores":
            outputs.array(name, np.zeros(0, np.float64))
        elif name in widths:
            outputs.array(name, np.zeros((0, widths[name]), np.float32))
        else:
            outputs.array(name, np.zeros((0, 0, 0), np.float32))


def _plot(block: LearningBlock, task: Task, outputs: Outputs) -> None:
    model = Model.load(task.path("model"))
    features = task.features() if task.has("features") else None
    outputs.document("plots", {"plots": block.plot(model, features, task.params)})


def _export(block: LearningBlock, task: Task, outputs: Outputs) -> None:
    model = Model.load(task.path("model"))
    export = block.export(model, task.feature_spec(), task.params)
    export.write(outputs.new_folder("export"), block.folder / "device")


def _check_all_finite(features: Features, what: str) -> None:
    start = 0
    for batch in features.batches():
        check_finite(batch, start, what)
        start += len(batch)


OPERATIONS: dict[str, Callable[[LearningBlock, Task, Outputs], None]] = {
    "describe": _describe,
    "fit": _fit,
    "score": _score,
    "plot": _plot,
    "export": _export,
}

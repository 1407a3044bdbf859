"""The operations: from a checked request to calls of the block and files.

All I/O is here, so a block has none. Inputs come to the block in bounded batches; what it returns is checked where the
fault can still be named by window and label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.blocks import Block, DeploymentBlock, LearningBlock, ProcessingBlock
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.documents import Description, LearningDescription
from edgewright_sdk.errors import BlockError
from edgewright_sdk.model import Model
from edgewright_sdk.values import Features, Scores, Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edgewright_sdk.arrays import Array
    from edgewright_sdk.context import Context
    from edgewright_sdk.request import Task
    from edgewright_sdk.result import Outputs


def perform(block: Block, task: Task, outputs: Outputs) -> None:
    """Run one request against one block object and write its outputs, ``result.json`` last.

    Raises
    ------
    BlockError
        For data or parameters that can't work, and for a block that returns what the contract doesn't allow.
    """
    context = block.context
    if isinstance(block, ProcessingBlock):
        _PROCESSING[task.operation](block, task, outputs)
    elif isinstance(block, LearningBlock):
        _LEARNING[task.operation](block, task, outputs)
    elif isinstance(block, DeploymentBlock):
        _DEPLOYMENT[task.operation](block, task, outputs)
    outputs.finish(context)


def context_of(task: Task, context: Context) -> Context:
    """Fill a context from a request."""
    context.seed, context.threads, context.classes = task.seed, task.threads, task.classes
    if task.operation == "fit":
        context.targets = _codes(task, "targets")
        context.groups = _codes(task, "groups")
    return context


def _codes(task: Task, name: str) -> NDArray[np.int32] | None:
    if not task.has(name):
        return None
    chunks = task.array(name)
    return np.asarray(chunks.rows(0, len(chunks)), dtype=np.int32)


# --- processing ------------------------------------------------------------------------------------------------------


def _describe_processing(block: ProcessingBlock, task: Task, outputs: Outputs) -> None:
    description = block.describe(task.window, task.params)
    if not isinstance(description, Description):
        raise _returned(block, "describe", description, "a Description")
    outputs.document("description", description.document())


def _transform(block: ProcessingBlock, task: Task, outputs: Outputs) -> None:
    chunks = task.array("windows")
    total = len(chunks)
    if total == 0:
        width = len(block.describe(task.window, task.params).labels)
        outputs.array("features", np.zeros((0, width), np.float32))
        return
    written: Array | None = None
    for start, stop in chunks.batches(block.batch_bytes):
        windows = Windows(chunks.rows(start, stop), task.window)
        _check_windows(windows, start)
        features = block.transform(windows, task.params)
        _check_features(block, features, start, stop)
        if stop - start == total:
            outputs.array("features", features.values)
            return
        if written is None:
            shape = (total, features.spec.width)
            written = outputs.open_array("features", np.dtype(np.float32), shape)
        if features.spec.width != written.shape[1]:
            raise BlockError(f"transform gave {written.shape[1]} features, then {features.spec.width}")
        written[start:stop] = features.values
        block.context.progress(stop, total)


def _check_windows(windows: Windows, start: int) -> None:
    values, spec = windows.values, windows.spec
    if spec.get("kind") == "image":
        expected: tuple[int, ...] = (spec["height"], spec["width"], spec["channels"])
    else:
        expected = (spec["length"], len(spec["axes"]))
    if values.shape[1:] != expected:
        raise BlockError(f"windows have shape {values.shape[1:]}; the window spec says {expected}")
    if values.dtype.kind != "f":
        return
    if not np.isfinite(values).all():
        index = np.argwhere(~np.isfinite(values))[0]
        at = f"window {start + index[0]}, sample {index[1]}, axis {spec['axes'][index[2]]}"
        raise BlockError(f"{at} is {values[tuple(index)]}; a window must hold finite numbers only")


def _check_features(block: Block, features: Any, start: int, stop: int) -> None:
    if not isinstance(features, Features):
        raise _returned(block, "transform", features, "Features")
    if len(features) != stop - start:
        raise BlockError(f"transform gave {len(features)} rows for {stop - start} windows")
    _check_finite(features, start, "feature")


def _check_finite(features: Features, start: int, what: str) -> None:
    finite = np.isfinite(features.values)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        value = features.values[row, column]
        raise BlockError(
            f"{what} {features.labels[column]!r} of window {start + row} is {value}; only finite numbers are allowed"
        )


def _plot_processing(block: ProcessingBlock, task: Task, outputs: Outputs) -> None:
    chunks = task.array("windows")
    windows = Windows(chunks.rows(0, len(chunks)), task.window)
    _check_windows(windows, 0)
    outputs.document("plots", {"plots": block.plot(windows, task.params)})


def _export_processing(block: ProcessingBlock, task: Task, outputs: Outputs) -> None:
    export = block.export(task.window, task.params)
    export.write(outputs.new_folder("export"), block.folder / "device")


# --- learning --------------------------------------------------------------------------------------------------------


def _describe_learning(block: LearningBlock, task: Task, outputs: Outputs) -> None:
    description = block.describe(task.feature_spec(), task.params)
    if not isinstance(description, LearningDescription):
        raise _returned(block, "describe", description, "a LearningDescription")
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
        raise _returned(block, "fit", model, "a Model")
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
        _check_finite(batch, start, "feature")
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
        raise _returned(block, "score", scores, "Scores")
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


def _plot_learning(block: LearningBlock, task: Task, outputs: Outputs) -> None:
    model = Model.load(task.path("model"))
    features = task.features() if task.has("features") else None
    outputs.document("plots", {"plots": block.plot(model, features, task.params)})


def _export_learning(block: LearningBlock, task: Task, outputs: Outputs) -> None:
    model = Model.load(task.path("model"))
    export = block.export(model, task.feature_spec(), task.params)
    export.write(outputs.new_folder("export"), block.folder / "device")


def _check_all_finite(features: Features, what: str) -> None:
    start = 0
    for batch in features.batches():
        _check_finite(batch, start, what)
        start += len(batch)


# --- deployment ------------------------------------------------------------------------------------------------------


def _build(block: DeploymentBlock, task: Task, outputs: Outputs) -> None:
    impulse = TrainedImpulse.load(task.path("impulse"))
    package = outputs.new_folder("package")
    package.mkdir()
    block.build(impulse, task.params, package)
    if not any(package.iterdir()):
        raise BlockError("build wrote no file")


def _verify(block: DeploymentBlock, task: Task, outputs: Outputs) -> None:
    outputs.document("verification", block.verify(task.path("package"), task.params))


def _returned(block: Block, method: str, got: Any, expected: str) -> BlockError:
    return BlockError(f"{type(block).__name__}.{method} returned {type(got).__name__}; expected {expected}")


_PROCESSING: dict[str, Callable[[ProcessingBlock, Task, Outputs], None]] = {
    "describe": _describe_processing,
    "transform": _transform,
    "plot": _plot_processing,
    "export": _export_processing,
}
_LEARNING: dict[str, Callable[[LearningBlock, Task, Outputs], None]] = {
    "describe": _describe_learning,
    "fit": _fit,
    "score": _score,
    "plot": _plot_learning,
    "export": _export_learning,
}
_DEPLOYMENT: dict[str, Callable[[DeploymentBlock, Task, Outputs], None]] = {
    "build": _build,
    "verify": _verify,
}

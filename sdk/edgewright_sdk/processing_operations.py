"""The operations of processing blocks: windows come in bounded batches, and what comes back is checked window by window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.documents import Description
from edgewright_sdk.errors import OutputError
from edgewright_sdk.returned import check_finite, check_windows, wrong_return
from edgewright_sdk.values import Features, Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright_sdk.arrays import Array
    from edgewright_sdk.blocks import Block, ProcessingBlock
    from edgewright_sdk.request import Task
    from edgewright_sdk.result import Outputs


def _describe(block: ProcessingBlock, task: Task, outputs: Outputs) -> None:
    description = block.describe(task.window, task.params)
    if not isinstance(description, Description):
        raise wrong_return(block, "describe", description, "a Description")
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
        check_windows(windows, start)
        features = block.transform(windows, task.params)
        _check_features(block, features, start, stop)
        if stop - start == total:
            outputs.array("features", features.values)
            return
        if written is None:
            shape = (total, features.spec.width)
            written = outputs.open_array("features", np.dtype(np.float32), shape)
        if features.spec.width != written.shape[1]:
            raise OutputError(f"transform gave {written.shape[1]} features, then {features.spec.width}")
        written[start:stop] = features.values
        block.context.progress(stop, total)


def _check_features(block: Block, features: Any, start: int, stop: int) -> None:
    if not isinstance(features, Features):
        raise wrong_return(block, "transform", features, "Features")
    if len(features) != stop - start:
        raise OutputError(f"transform gave {len(features)} rows for {stop - start} windows")
    check_finite(features, start, "feature", OutputError)


def _plot(block: ProcessingBlock, task: Task, outputs: Outputs) -> None:
    chunks = task.array("windows")
    windows = Windows(chunks.rows(0, len(chunks)), task.window)
    check_windows(windows, 0)
    outputs.document("plots", {"plots": block.plot(windows, task.params)})


def _export(block: ProcessingBlock, task: Task, outputs: Outputs) -> None:
    export = block.export(task.window, task.params)
    export.write(outputs.new_folder("export"), block.folder / "device")


OPERATIONS: dict[str, Callable[[ProcessingBlock, Task, Outputs], None]] = {
    "describe": _describe,
    "transform": _transform,
    "plot": _plot,
    "export": _export,
}

"""The operations: from a checked request to calls of the block and files.

All I/O is here and in the modules of the two types that compute, so a block has none. Inputs come to the block in bounded
batches; what it returns is checked where the fault can still be named by window and label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk import learning_operations, processing_operations
from edgewright_sdk.blocks import Block, DeploymentBlock, Learner, ProcessingBlock, TransformBlock
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.errors import BlockError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

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
    if isinstance(block, ProcessingBlock):
        processing_operations.OPERATIONS[task.operation](block, task, outputs)
    elif isinstance(block, Learner):
        learning_operations.OPERATIONS[task.operation](block, task, outputs)
    elif isinstance(block, DeploymentBlock):
        _DEPLOYMENT[task.operation](block, task, outputs)
    elif isinstance(block, TransformBlock):
        _apply(block, task, outputs)
    outputs.finish(block.context)


def context_of(task: Task, context: Context) -> Context:
    """Fill a context from a request."""
    context.seed, context.threads, context.classes = task.seed, task.threads, task.classes
    context.deploys, context.choosing = task.deploys, task.choosing
    if task.operation == "fit":
        for name in ("targets", "groups", "folds", "validation_targets", "validation_groups"):
            setattr(context, name, _codes(task, name))
    return context


def _codes(task: Task, name: str) -> NDArray[np.int32 | np.float32] | None:
    if not task.has(name):
        return None
    chunks = task.array(name)
    rows = np.asarray(chunks.rows(0, len(chunks)))
    return rows.astype(np.float32 if rows.dtype.kind == "f" else np.int32)


def _build(block: DeploymentBlock, task: Task, outputs: Outputs) -> None:
    impulse = TrainedImpulse.load(task.path("impulse"))
    _filled(outputs.new_folder("package"), "build", lambda out: block.build(impulse, task.params, out))


def _verify(block: DeploymentBlock, task: Task, outputs: Outputs) -> None:
    outputs.document("verification", block.verify(task.path("package"), task.params))


def _parity(block: DeploymentBlock, task: Task, outputs: Outputs) -> None:
    outputs.document("engines", block.parity(task.path("package"), task.params))


def _apply(block: TransformBlock, task: Task, outputs: Outputs) -> None:
    source = task.path("data") if task.has("data") else None
    if source is not None and not source.is_dir():
        raise BlockError("the input data is a file; a transform block reads a folder")
    _filled(
        outputs.new_folder("data"), "apply", lambda out: block.apply(source, task.params, out, block.context)
    )


def _filled(folder: Path, method: str, fill: Callable[[Path], None]) -> None:
    folder.mkdir()
    fill(folder)
    if not any(path.is_file() for path in folder.rglob("*")):
        raise OutputError(f"{method} wrote no file")


_DEPLOYMENT: dict[str, Callable[[DeploymentBlock, Task, Outputs], None]] = {
    "build": _build,
    "verify": _verify,
    "parity": _parity,
}

"""``python3 -m edgewright_sdk ask``: one task of the file contract, done by asking a block's HTTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.context import Context
from edgewright_sdk.errors import BlockError, OutputError
from edgewright_sdk.http_block.answers import labels_of, row_of, rows_of, shape_of
from edgewright_sdk.http_block.connection import NoSuchRouteError, Server, ServerLostError
from edgewright_sdk.http_block.graphs import plots_of
from edgewright_sdk.http_block.questions import Questions, read_settings
from edgewright_sdk.operations import context_of
from edgewright_sdk.request import read_request
from edgewright_sdk.result import Outputs
from edgewright_sdk.returned import check_finite, check_windows
from edgewright_sdk.values import Features, FeatureSpec, Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edgewright_sdk.arrays import Array, Chunked
    from edgewright_sdk.messages import Channel
    from edgewright_sdk.request import Task

#: Of windows in one request; as JSON they are about five times as large.
BATCH_BYTES = 1 << 20
NOISE_SEED = 0


def ask_task(in_dir: Path, out_dir: Path, port: int, wait_seconds: float, channel: Channel) -> None:
    """Do the request in `in_dir` by asking the server on `port`, and write its outputs.

    Raises
    ------
    BlockError
        The block says why it can't, or its answers aren't what the contract says.
    """
    context = Context(channel=channel)
    task = read_request(in_dir, "processing")
    context_of(task, context)
    questions = Questions(task.window, read_settings(in_dir))
    for name in questions.missing_axes():
        context.warn(
            f"the block asks for an axis named {name!r}; the windows have {', '.join(questions.axes)}"
        )
    server = Server(port)
    server.wait(wait_seconds)
    outputs = Outputs(out_dir)
    _OPERATIONS[task.operation](_Asked(server, questions, task, context), outputs)
    outputs.finish(context)


class _Asked:
    """One task: who is asked, about what."""

    def __init__(self, server: Server, questions: Questions, task: Task, context: Context) -> None:
        self.server = server
        self.questions = questions
        self.task = task
        self.context = context
        self._batch_route = True

    def run(self, window: Array, about: str, *, draw_graphs: bool = False) -> dict[str, Any]:
        """Answer about one window."""
        try:
            return self.server.ask("/run", self.questions.run(window, draw_graphs=draw_graphs), about)
        except NoSuchRouteError:
            raise OutputError("the block's server has no /run") from None

    def one(self) -> dict[str, Any]:
        """Answer about a window of zeros; of a block that refuses those, about noise."""
        zeros, noise = _plain_windows(self.questions.window)
        try:
            return self.run(zeros, "a window of zeros")
        except ServerLostError:
            raise
        except BlockError as first:
            try:
                return self.run(noise, "a window of noise")
            except BlockError as second:
                same = str(first).partition(": ")[2] == str(second).partition(": ")[2]
                raise first if same else type(second)(f"{first}; {second}") from None

    def batch(self, windows: Array, start: int, state: Any) -> tuple[Array, dict[str, Any]]:
        """Features of windows from number `start`, and an answer with their labels and the state."""
        if self._batch_route:
            about = (
                f"windows {start} to {start + len(windows) - 1}" if len(windows) > 1 else f"window {start}"
            )
            try:
                answer = self.server.ask("/batch", self.questions.batch(windows, state), about)
                return rows_of(answer, start, len(windows)), answer
            except ServerLostError:
                raise
            except (NoSuchRouteError, BlockError) as problem:
                if state is not None:  # which only /batch hands on
                    raise
                # Asked one by one, a window that the block refuses is named, and a server without a /batch that can be
                # used serves all the same.
                self._batch_route = False
                self.context.log(f"/batch can't be used ({problem}); asking /run for each window")
        answers = [self.run(window, f"window {number}") for number, window in enumerate(windows, start)]
        joined = {"features": [answer.get("features") for answer in answers]}
        return rows_of(joined, start, len(windows)), answers[0]

    def spec(self, answer: dict[str, Any], count: int) -> FeatureSpec:
        """Names and shape of the features of an answer."""
        labels, unnamed = labels_of(answer.get("labels"), self.questions.axes, count)
        shape, unshaped = shape_of(answer.get("output_config"), count)
        for problem in (unnamed, unshaped):
            if problem is not None:
                self.context.warn(problem)
        return FeatureSpec(labels, shape)


def _describe(asked: _Asked, outputs: Outputs) -> None:
    answer = asked.one()
    count = len(row_of(answer, "a window"))
    spec = asked.spec(answer, count)
    outputs.document(
        "description",
        {"features": count, "labels": spec.labels, "shape": spec.shape, "dtype": "float32"},
    )


def _transform(asked: _Asked, outputs: Outputs) -> None:
    chunks = asked.task.array("windows")
    total = len(chunks)
    if total == 0:
        width = len(row_of(asked.one(), "a window"))
        outputs.array("features", np.zeros((0, width), np.float32))
        return
    written: Array | None = None
    spec: FeatureSpec | None = None
    state: Any = None
    for start, stop, windows in _batches(chunks, asked):
        values, answer = asked.batch(windows, start, state)
        state = answer.get("state", answer.get("state_string", state))
        if spec is None or written is None:
            spec = asked.spec(answer, values.shape[1])
            written = outputs.open_array("features", np.dtype(np.float32), (total, values.shape[1]))
        if values.shape[1] != written.shape[1]:
            raise OutputError(
                f"window {start} has {values.shape[1]} features, those before have {written.shape[1]}; a block must "
                "give as many for each window"
            )
        features = Features(values, spec.labels, spec.shape)
        check_finite(features, start, "feature", OutputError)
        written[start:stop] = features.values
        asked.context.progress(stop, total)


def _plot(asked: _Asked, outputs: Outputs) -> None:
    chunks = asked.task.array("windows")
    plots: list[dict[str, Any]] = []
    for start, _stop, windows in _batches(chunks, asked):
        for number, window in enumerate(windows, start):
            answer = asked.run(window, f"window {number}", draw_graphs=True)
            prefix = f"Window {number}: " if len(chunks) > 1 else ""
            plots += plots_of(answer.get("graphs"), prefix, asked.context.warn)
    outputs.document("plots", {"plots": plots})


def _batches(chunks: Chunked, asked: _Asked) -> Iterator[tuple[int, int, Array]]:
    for start, stop in chunks.batches(BATCH_BYTES):
        windows = chunks.rows(start, stop)
        check_windows(Windows(windows, asked.task.window), start)
        yield start, stop, windows


def _plain_windows(window: Any) -> tuple[Array, Array]:
    """A window of zeros, and one of noise that is the same each time."""
    random = np.random.default_rng(NOISE_SEED)
    if window.get("kind") == "image":
        shape = (window["height"], window["width"], window["channels"])
        return np.zeros(shape, np.uint8), random.integers(0, 256, shape, dtype=np.uint8)
    length, axes = window["length"], len(window["axes"])
    return np.zeros((length, axes), np.float32), random.standard_normal((length, axes)).astype(np.float32)


_OPERATIONS: dict[str, Callable[[_Asked, Outputs], None]] = {
    "describe": _describe,
    "transform": _transform,
    "plot": _plot,
}

"""Score a stream as it comes: samples in, one result a stride, by warm workers of the run's own blocks."""

from __future__ import annotations

import csv
import json
import math
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from edgewright.errors import DataError, TaskError, UsageError
from edgewright.request_folder import put_array, put_chunk, put_path, put_request
from edgewright.running.drifting import drift_of
from edgewright.running.fresh import scoring_session
from edgewright.running.session import Options
from edgewright.running.verdicts import Verdict, stream_verdict_of
from edgewright.single import workspace
from edgewright.trees import empty_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.planner.nodes import Node
    from edgewright.plugins import Plugins
    from edgewright.runners.base import Runner
    from edgewright.running.run import Run
    from edgewright.scoring import Drift
    from edgewright_specs.interface import Operation, WindowSpec

#: So many lines in a row at the start that are no samples: it is another kind of stream.
MOST_BAD = 20


class WarmNode:
    """One node of a run kept warm: ``ask`` sends the arrays of one window and reads its outputs."""

    def __init__(
        self, node: Node, runner: Runner, folder: Path, *, window: WindowSpec | None, seed: int
    ) -> None:
        from edgewright.runners.warm import WarmWorker

        self.node = node
        prepared = runner.prepare(node.block, lambda _message: None)
        self._worker = WarmWorker(runner, prepared, limits=node.limits, grants=node.grants)
        self._in, self._out = folder / "in", folder / "out"
        for path in (self._in, self._out):
            path.mkdir(parents=True)
        self._window, self._seed = window, seed

    @property
    def in_dir(self) -> Path:
        """Where files that every request shares (a model) are put once."""
        return self._in

    def ask(self, operation: Operation, inputs: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Do one request and return its array outputs."""
        import numpy as np

        put_request(
            self._in, operation, self.node.params, inputs=inputs, window=self._window, seed=self._seed
        )
        empty_folder(self._out)
        outputs = self._worker.request(operation, self._in, self._out).outputs
        return {
            name: np.load(path, allow_pickle=False) for name, path in outputs.items() if path.suffix == ".npy"
        }

    def close(self) -> None:
        """End the worker."""
        self._worker.close()


def follow(
    run: Run,
    lines: Iterable[str],
    *,
    options: Options | None = None,
    plugins: Plugins | None = None,
    skipped: Callable[[str], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """Score samples line by line.

    Parameters
    ----------
    run : Run
    lines : iterable of str
        CSV (a header that names the axes, then numbers; or numbers alone in the axes' order) or one JSON object or list a line.
        Other columns are ignored.
    skipped : callable, optional
        Told of each line that is no sample: it counts as time without a value, so no window goes across it. Without it, the
        first such line is an error.

    Yields
    ------
    dict
        As :func:`edgewright.running.fresh.score`, one for every stride once a window is full; with ``smoothed`` of a node
        whose threshold has a smoothing, and ``drift`` and ``drifting`` of one that standardises its features.

    Raises
    ------
    DataError
        A line that is neither, with its number; with ``skipped``, when the first 20 are, or all.
    """
    import numpy as np

    from edgewright.plugins import make_plugins
    from edgewright.scoring import combine

    options = options or Options()
    if run.windows_info.get("whole"):
        raise UsageError(
            "--follow: each window of this run is a whole recording, and a stream has no end",
            hint="score recordings: `edgewright score RUN FILE…`",
        )
    if run.of_images:
        raise UsageError(
            "--follow: this run scores images, and a stream is of samples",
            hint="score image files: `edgewright score RUN FILE…`",
        )
    info = run.windows_info
    length, stride, axes = int(info["length"]), int(info["stride"]), list(info["axes"])
    with ExitStack() as stack:
        session = stack.enter_context(
            scoring_session(run, Options(options.runner, trust=options.trust), plugins or make_plugins())
        )
        folder = stack.enter_context(workspace(in_memory=True))
        chain = _Chain(run, session, folder, stack.callback)
        window: NDArray[np.float32] = np.zeros((0, len(axes)), np.float32)
        for seen, values in enumerate(read_samples(lines, axes, skipped), 1):
            if values is None:
                window = window[:0]
                continue
            window = np.concatenate([window, np.asarray([values], np.float32)])[-length:]
            if len(window) == length and (seen - length) % stride == 0:
                nodes = chain.score(window)
                yield {
                    "sample": "stream",
                    "time": round((seen - length) / float(info["frequency"]), 6),
                    "decision": combine(nodes),
                    "nodes": nodes,
                }


class _Chain:
    """The processing and learning nodes of a run, one after another."""

    def __init__(
        self, run: Run, session: Any, folder: Path, defer: Callable[[Callable[[], None]], Any]
    ) -> None:
        self._axes = list(run.windows_info["axes"])
        self._processing: dict[str, WarmNode] = {}
        self._learning: dict[str, WarmNode] = {}
        self._models: dict[str, dict[str, Any]] = {}
        self._verdicts: dict[str, Verdict] = {}
        self._drifts: dict[str, Drift] = {}
        self._descriptions = {
            node.id: run.description(node.id) for node in (*session.processing, *session.learning)
        }
        session.open_run_planner(run)
        for node in session.processing:
            warm = self._warm(node, session, folder, defer, session.planner.window(node))
            self._processing[node.id] = warm
        for node in session.learning:
            warm = self._warm(node, session, folder, defer, None)
            self._models[node.id] = put_path(warm.in_dir, "model", run.model(node.id))
            self._learning[node.id] = warm
            self._verdicts[node.id] = stream_verdict_of(run, node.id)
            drift = drift_of(run, node.id)
            if drift is not None:
                self._drifts[node.id] = drift
        self._planner = session.planner

    def _warm(self, node: Node, session: Any, folder: Path, defer: Any, window: Any) -> WarmNode:
        runner = session.chooser.choose_warm(node.block)
        warm = WarmNode(node, runner, folder / node.id, window=window, seed=session.impulse.seed)
        defer(warm.close)
        return warm

    def score(self, window: NDArray[np.float32]) -> dict[str, Mapping[str, Any]]:
        import numpy as np

        from edgewright.scoring import DRIFT_LIMIT

        features = {}
        for name, warm in self._processing.items():
            columns = self._planner.columns(warm.node)
            values = window if columns is None else window[:, list(columns)]
            inputs: dict[str, Any] = {"windows": put_array(warm.in_dir, "windows", values[None])}
            features[name] = _row_of(warm, warm.ask("transform", inputs), "features")
        results: dict[str, Mapping[str, Any]] = {}
        for name, warm in self._learning.items():
            parts = [
                {
                    "node": upstream, "labels": self._descriptions[upstream]["labels"],
                    "shape": self._descriptions[upstream]["shape"],
                    "chunks": [put_chunk(warm.in_dir, f"features-{number}.npy", features[upstream])],
                }
                for number, upstream in enumerate(warm.node.inputs)
            ]  # fmt: skip
            inputs = {
                "model": self._models[name],
                "features": {"kind": "features", "dtype": "float32", "parts": parts},
            }
            outputs, verdict = warm.ask("score", inputs), self._verdicts[name]
            results[name] = verdict.of(
                _row_of(warm, outputs, verdict.output)[0],
                _row_of(warm, outputs, "contributions")[0] if "contributions" in outputs else None,
            )
            if name in self._drifts:
                joined = np.concatenate([features[upstream][0] for upstream in warm.node.inputs])
                drift = self._drifts[name].of(joined)
                results[name] = {**results[name], "drift": drift, "drifting": drift > DRIFT_LIMIT}
        return results


def _row_of(warm: WarmNode, outputs: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """An output as it must be: of the one window that was asked about."""
    found = outputs.get(name)
    if found is not None and found.shape[:1] == (1,):
        return found
    given = "nothing" if found is None else f"an array of shape {found.shape}"
    raise TaskError(
        warm.node.id,
        "bad_output",
        f"{name} must have one row for one window; given is {given}",
        hint="`edgewright blocks check` says what of a block is not as the contract wants it",
    )


def read_samples(
    lines: Iterable[str], axes: Sequence[str], skipped: Callable[[str], None] | None = None
) -> Iterator[list[float] | None]:
    """Read one sample a line, in the order of ``axes``; None for a line that is none, of which ``skipped`` is told.

    Raises
    ------
    DataError
        A line that is no sample, with its number: the first one without ``skipped``, else when no line before was one
        and there are :data:`MOST_BAD` or no more.
    """
    order: list[int] | None = None
    bad, good = 0, False
    problem: DataError | None = None
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        try:
            if text[0] in "[{":
                sample = _from_json(json.loads(text), axes)
            else:
                cells = next(csv.reader([text], delimiter=";" if ";" in text else ","))
                if order is None:
                    order, is_header = _order(cells, axes)
                    if is_header:
                        continue
                sample = [float(cells[place]) for place in order]
            if not all(map(math.isfinite, sample)):
                raise ValueError("not finite")
        except (ValueError, IndexError, KeyError, TypeError, RecursionError, csv.Error) as error:
            problem = DataError(
                f"stdin:{number}: {text[:60]!r} is not a sample of {', '.join(axes)} ({_reason(error)})",
                hint="CSV: a header with the axes' names, then numbers; JSON: one object or list a line",
            )
            bad += 1
            if skipped is None or (bad == MOST_BAD and not good):
                raise problem from None
            skipped(problem.message)
            yield None
            continue
        good = True
        yield sample
    if problem is not None and not good:
        raise problem


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"lacks {error.args[0]}"
    if isinstance(error, IndexError):
        return "too few columns"
    return str(error) or type(error).__name__


def _from_json(document: Any, axes: Sequence[str]) -> list[float]:
    if isinstance(document, dict):
        return [float(document[axis]) for axis in axes]
    if len(document) != len(axes):
        raise ValueError(f"{len(document)} values for {len(axes)} axes")
    return [float(value) for value in document]


def _order(cells: Sequence[str], axes: Sequence[str]) -> tuple[list[int], bool]:
    names = [cell.strip() for cell in cells]
    if all(axis in names for axis in axes):
        return [names.index(axis) for axis in axes], True
    if len(cells) != len(axes):
        raise ValueError(f"{len(cells)} columns for {len(axes)} axes, and no header that names them")
    for cell in cells:
        float(cell)
    return list(range(len(axes))), False

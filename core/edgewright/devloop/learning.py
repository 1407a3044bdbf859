"""A learning block on its sample: it learns from all rows and scores the first of them."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from edgewright.devloop.attempt import Attempt, Table
from edgewright.devloop.sample import MOST_WINDOWS, Sample
from edgewright.errors import DataError
from edgewright.request_folder import put_array, put_features, put_path, put_request
from edgewright.single import as_windows, window_spec, workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.plugins import Plugins
    from edgewright.registry import Block
    from edgewright.runners.warm import WarmWorker
    from edgewright_specs.interface import Operation, WindowSpec

ROWS: Final = 240
#: Made-up rows lie in as many clusters.
CLASSES: Final = ("one", "two", "three")
ANSWER_SECONDS: Final = 600.0


def run(
    block: Block,
    plugins: Plugins,
    sample: Sample | None,
    given: Mapping[str, Any],
    like: WindowSpec | None = None,  # noqa: ARG001 - as processing.run
    runner: str = "process",
) -> Attempt:
    """Fit, score the first rows, and plot."""
    from edgewright.runners.choose import Chooser
    from edgewright.runners.limits import limits_of
    from edgewright.runners.warm import WarmWorker
    from edgewright_specs.parameters import resolve_params

    section = block.spec.edgewright
    reads_windows = section is not None and section.reads == "windows"
    labelled = section is not None and section.training in ("labelled", "few-abnormal")
    if labelled and sample is not None:
        raise DataError(
            f"{sample.origin}: {block.name} learns from labels, and a sample has none",
            hint="leave --sample out: rows with labels are made up; an impulse gives it yours",
        )
    used = sample if sample is not None else _made_up(reads_windows)
    if used.table is not None and not reads_windows:
        names = tuple(f"row {number}" for number in range(len(used.table)))
        used = replace(used, values=used.table, names=names)
    asked = _Asked(block, used, reads_windows, resolve_params(block.spec, dict(given)))
    asked.classes = CLASSES if labelled else ()
    chooser = Chooser(list(plugins.runners().values()), runner, trust=True)
    try:
        chosen = chooser.choose_warm(block)
        prepared = chosen.prepare(block, lambda _message: None)
        with workspace() as folder, WarmWorker(chosen, prepared, limits=limits_of(block)) as worker:
            asked.begin(worker, folder)
            model = asked.ask("fit", used.values)["model"]
            started = time.perf_counter()
            scored = asked.ask("score", used.values[:MOST_WINDOWS], model)
            seconds = time.perf_counter() - started
            description = asked.document(asked.ask("describe", None)["description"])
            table = _table(scored, description)
            drawn = asked.ask("plot", None, model) if block_plots(block) else {}
            plots = asked.document(drawn["plots"])["plots"] if drawn else []
    finally:
        chooser.close()
    shown = [plot for plot in plots if plot.get("kind") != "space"]
    windows = as_windows(used.values[:MOST_WINDOWS]) if reads_windows else None
    names = used.names[:MOST_WINDOWS]
    return Attempt("ok", "score", table, windows, asked.window, names, used.origin, seconds, shown)


def block_plots(block: Block) -> bool:
    """Whether a block of ours has the operation `plot`."""
    section = block.spec.edgewright
    return section is None or section.operations is None or "plot" in section.operations


class _Asked:
    """Requests of one learning block over rows of one kind."""

    def __init__(self, block: Block, sample: Sample, reads_windows: bool, params: dict[str, Any]) -> None:
        self.params = params
        self.window: WindowSpec | None = None
        self.labels: tuple[str, ...] = ()
        self.classes: tuple[str, ...] = ()
        if reads_windows:
            self.window = window_spec(as_windows(sample.values), frequency=sample.frequency, axes=sample.axes)
        elif sample.values.ndim != 2:
            raise DataError(
                f"{sample.origin}: windows of shape {sample.values.shape[1:]}; {block.name} learns from features",
                hint="give a .npy of features, (n, f): `edgewright features` makes one",
            )
        else:
            width = sample.values.shape[1]
            self.labels = sample.axes or tuple(f"feature {number}" for number in range(width))

    def begin(self, worker: WarmWorker, folder: Path) -> None:
        """Say who answers, and where."""
        self._worker, self._folder, self._number = worker, folder, 0

    def ask(
        self, operation: Operation, rows: NDArray[Any] | None, model: Path | None = None
    ) -> dict[str, Path]:
        """Do one request; gives the paths of its outputs."""
        self._number += 1
        place = self._folder / str(self._number)
        in_dir, out_dir = place / "in", place / "out"
        in_dir.mkdir(parents=True)
        out_dir.mkdir()
        inputs: dict[str, Any] = {}
        if model is not None:
            inputs["model"] = put_path(in_dir, "model", model)
        if self.window is None and (rows is not None or operation == "describe"):
            shape = {"type": "flat", "width": len(self.labels)}
            values = None if rows is None else rows.astype("float32")
            inputs["features"] = put_features(in_dir, "features", values, self.labels, shape)
        elif rows is not None:
            inputs["windows"] = put_array(in_dir, "windows", as_windows(rows))
        if operation == "fit" and self.classes and rows is not None:
            inputs["targets"] = put_array(in_dir, "targets", _targets(len(rows), len(self.classes)))
        put_request(in_dir, operation, self.params, inputs=inputs, window=self.window, classes=self.classes)
        answer = self._worker.request(operation, in_dir, out_dir, ANSWER_SECONDS)
        shutil.rmtree(in_dir)
        return dict(answer.outputs)

    @staticmethod
    def document(path: Path) -> dict[str, Any]:
        """Read a JSON document."""
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


def _table(scored: Mapping[str, Path], description: Mapping[str, Any]) -> Table:
    """Scores, probabilities, contributions and the largest value of a map, side by side."""
    import numpy as np

    labels: list[str] = []
    columns: list[NDArray[Any]] = []
    for name in ("scores", "probabilities", "map", "contributions"):
        if name not in scored:
            continue
        values = np.load(scored[name], allow_pickle=False)
        if name == "scores":
            labels, columns = [*labels, "score"], [*columns, values[:, None]]
        elif name == "map":
            labels.append(f"largest of map {values.shape[1]}×{values.shape[2]}")
            columns.append(values.reshape(len(values), -1).max(axis=1, keepdims=True))
        else:
            known = description["classes" if name == "probabilities" else name]
            labels += [f"{name[:-1] if name.endswith('s') else name} of {label}" for label in known]
            columns.append(values)
    return Table(tuple(labels), np.concatenate(columns, axis=1))


def _targets(rows: int, classes: int) -> NDArray[Any]:
    """Which cluster each made-up row is of."""
    import numpy as np

    return (np.arange(rows) % classes).astype(np.int32)


def _made_up(reads_windows: bool) -> Sample:
    from edgewright.conformance import samples

    if reads_windows:
        window = next(window for window in samples.WINDOWS if window["kind"] == "image")
        values = samples.windows(window, ROWS // 4)
        names = tuple(f"image {number}" for number in range(len(values)))
        return Sample(values, None, None, names, "made-up images")
    names = tuple(f"row {number}" for number in range(ROWS))
    return Sample(samples.features(ROWS), None, samples.labels(), names, "made-up features")

"""What a report shows, as data: one builder a panel, and the protocol by which plugins add theirs."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from edgewright.errors import EdgewrightError
from edgewright.wording import wording

if TYPE_CHECKING:
    from edgewright.running.run import Run

log = logging.getLogger(__name__)

#: Version of the layout of :func:`panels`; part of the key under which they are stored.
VERSION = 1

_MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


class Panel(Protocol):
    """A panel that a plugin adds through the ``edgewright_report_panels`` hook."""

    name: str
    title: str

    def build(self, run: Run) -> Mapping[str, Any] | None:
        """Turn a finished run into data, never HTML.

        Returns
        -------
        mapping or None
            None leaves the panel out. All keys are optional: ``text`` (a paragraph), ``plots`` (the schema of
            ``plots.json``: lines, heatmap, image), ``tables`` (each ``title``, ``columns``, ``rows``). JSON-able;
            every string is shown as text.
        """


def panels(run: Run, extra: Sequence[Panel] = ()) -> dict[str, Any]:
    """Read a run into the data of its report.

    Parameters
    ----------
    run : Run
        A run folder; outputs that a failed run lacks leave their panels out.
    extra : sequence of Panel
        From plugins; one that raises is named in ``problems`` and left out.

    Returns
    -------
    dict
        ``version``, ``panels`` (list of ``kind``, ``id``, ``title``, ``data``), ``problems`` (list of str). JSON-able,
        and the same for the same outputs.
    """
    from edgewright.report import (
        anomaly,
        blocks,
        exploration,
        features,
        fits,
        gallery,
        importance,
        learning_curve,
        memory,
        mistakes,
        overview,
        packages,
        precision,
        predictions,
        scores,
        streams,
    )

    words = wording(run)
    found: list[dict[str, Any]] = []
    problems: list[str] = []

    def add(kind: str, name: str, title: str, build: Callable[[], Mapping[str, Any] | None]) -> None:
        try:
            data = build()
        except EdgewrightError as error:  # a failed run: what is missing is in its record
            problems.append(f"{title}: {error.message}")
            return
        except (
            _MALFORMED
        ) as error:  # a block's documents are a stranger's: the report must not fall with them
            log.warning("report panel %s: %s: %s", name, type(error).__name__, error)
            problems.append(f"{title}: can't be drawn: {type(error).__name__}: {error}")
            return
        if data:
            found.append({"kind": kind, "id": name, "title": title, "data": data})

    def add_importance(node: str) -> None:
        title = f"Feature importance · {node}"
        add("importance", f"importance-{node}", title, partial(importance.build, run, node))

    add("overview", "data", "Data", partial(overview.build, run))
    for node in run.node_ids("processing"):
        add(
            "features",
            f"features-{node}",
            f"Feature explorer · {node}",
            partial(features.build, run, node),
        )
        add("plots", f"plots-{node}", f"One {words.window} · {node}", partial(blocks.one_window, run, node))
        for name in importance.of_input(run, node):
            add_importance(name)
    for name in importance.of_several(run):
        add_importance(name)
    anomaly_nodes = _anomaly_nodes(run, problems)
    add("plots", "oddest", f"The oddest {words.window}s", partial(exploration.oddest, run))
    for node in run.node_ids("processing"):
        add("map", f"map-{node}", f"Anomaly map · {node}", partial(exploration.anomaly_map, run, node))
    for node in anomaly_nodes:
        add("map", f"errors-{node}", f"Map of errors · {node}", partial(exploration.error_map, run, node))
        title = f"Original and reconstructed · {node}"
        add("plots", f"rebuilt-{node}", title, partial(exploration.rebuilt, run, node))
    for node in anomaly_nodes:
        add(
            "anomaly",
            f"anomaly-{node}",
            f"Anomaly explorer · {node}",
            partial(anomaly.build, run, node),
        )
        add(
            "scores",
            f"scores-{node}",
            f"Scores and threshold · {node}",
            partial(scores.build, run, node),
        )
        title = f"How many {words.recording}s are enough · {node}"
        add("plots", f"learning-curve-{node}", title, partial(learning_curve.build, run, node))
        add("gallery", f"images-{node}", f"Images · {node}", partial(gallery.build, run, node))
        if run.windows_info.get("kind") != "image":
            add("worst", f"worst-{node}", f"Worst samples · {node}", partial(scores.worst, run, node))
        add("plots", f"mistakes-{node}", f"Mistakes · {node}", partial(mistakes.build, run, node))
        add("plots", f"stream-{node}", f"Calibration on a stream · {node}", partial(streams.build, run, node))
    if run.combined:
        title = "Decision of all nodes together"
        add("plots", "decision", title, partial(predictions.combined, run))
    for node in _other_nodes(run, anomaly_nodes):
        add("plots", f"predictions-{node}", f"Predictions · {node}", partial(predictions.build, run, node))
        add("plots", f"mistakes-{node}", f"Mistakes · {node}", partial(mistakes.build, run, node))
        add("plots", f"stream-{node}", f"Calibration on a stream · {node}", partial(streams.build, run, node))
    for node in run.node_ids("learning"):
        add(
            "plots", f"precision-{node}", f"int8 beside float32 · {node}", partial(precision.build, run, node)
        )
        add("plots", f"plots-{node}", f"Model · {node}", partial(blocks.build, run, node))
    for node in run.node_ids("learning"):
        add("memory", f"memory-{node}", f"Memory of the network · {node}", partial(memory.build, run, node))
    add("plots", "fits", "Does it fit?", partial(fits.build, run))
    add("packages", "packages", "Deployment", partial(packages.build, run))
    for panel in extra:
        name = str(getattr(panel, "name", type(panel).__name__))
        try:
            data = panel.build(run)
        except Exception as error:  # a stranger's code: the report must not fall with it
            log.warning("report panel %s raised %s: %s", name, type(error).__name__, error)
            problems.append(f"panel {name}: {type(error).__name__}: {error}")
            continue
        if data is not None:
            found.append(
                {"kind": "plots", "id": f"extra-{name}", "title": str(panel.title), "data": dict(data)}
            )
    return {"version": VERSION, "panels": plain(found), "problems": plain(problems)}


#: Characters that a page would obey instead of showing: controls, text direction, halves of surrogate pairs.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(value: Any) -> Any:
    """The same document as strict JSON has it, and as a page may show it.

    NaN and infinities, which blocks' plots may hold, become None. Control and direction characters in strings, which
    would turn the text around them, are spelled out.
    """
    if isinstance(value, str):
        return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value if value is None or isinstance(value, int) else plain(str(value))


def _anomaly_nodes(run: Run, problems: list[str]) -> list[str]:
    try:
        return list(run.anomaly_nodes)
    except EdgewrightError as error:
        problems.append(error.message)
        return []


def _other_nodes(run: Run, anomaly_nodes: Sequence[str]) -> list[str]:
    """Learning nodes that were decided by, but give no anomaly score."""
    decided = run.path / "outputs"
    return [
        node
        for node in run.node_ids("learning")
        if node not in anomaly_nodes and (decided / node / "metrics.json").is_file()
    ]

"""What a report shows, as data: one builder a panel, and the protocol by which plugins add theirs."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from edgewright.errors import EdgewrightError

if TYPE_CHECKING:
    from edgewright.running.run import Run

log = logging.getLogger(__name__)

#: Version of the layout of :func:`panels`; part of the key under which they are stored.
VERSION = 1

Builder = Callable[["Run"], "dict[str, Any] | None"]


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
    from edgewright.report import anomaly, blocks, features, overview, packages, scores

    found: list[dict[str, Any]] = []
    problems: list[str] = []

    def add(kind: str, name: str, title: str, build: Callable[[], Mapping[str, Any] | None]) -> None:
        try:
            data = build()
        except EdgewrightError as error:  # a failed run: what is missing is in its record
            problems.append(f"{title}: {error.message}")
            return
        if data:
            found.append({"kind": kind, "id": name, "title": title, "data": data})

    add("overview", "data", "Data", lambda: overview.build(run))
    for node in run.node_ids("processing"):
        add(
            "features",
            f"features-{node}",
            f"Feature explorer · {node}",
            lambda node=node: features.build(run, node),
        )
    anomaly_nodes = _anomaly_nodes(run, problems)
    for node in anomaly_nodes:
        add(
            "anomaly",
            f"anomaly-{node}",
            f"Anomaly explorer · {node}",
            lambda node=node: anomaly.build(run, node),
        )
        add(
            "scores",
            f"scores-{node}",
            f"Scores and threshold · {node}",
            lambda node=node: scores.build(run, node),
        )
        add("worst", f"worst-{node}", f"Worst samples · {node}", lambda node=node: scores.worst(run, node))
    for node in run.node_ids("learning"):
        add("plots", f"plots-{node}", f"Model · {node}", lambda node=node: blocks.build(run, node))
    add("packages", "packages", "Deployment", lambda: packages.build(run))
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
    return {"version": VERSION, "panels": plain(found), "problems": problems}


def plain(value: Any) -> Any:
    """The same document as strict JSON has it: NaN and infinities, which blocks' plots may hold, become None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value if value is None or isinstance(value, (str, int)) else str(value)


def _anomaly_nodes(run: Run, problems: list[str]) -> list[str]:
    try:
        return list(run.anomaly_nodes)
    except EdgewrightError as error:
        problems.append(error.message)
        return []

"""What exploration shows: windows on maps by how odd they are, the kinds of errors, and the oddest beside their reconstruction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.report.rebuilt import origin, side_by_side
from edgewright.report.sampling import packed, peaks, thin
from edgewright.running.rebuilding import beside
from edgewright.wording import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright.running.run import Run

LISTED = 30
_REBUILT = (
    "The oddest first, rebuilt by the final model, which learned from these windows too and so flatters them a little; "
    "scores are by models that had not seen the window. Others: `edgewright report RUN --sample NAME`."
)


def anomaly_map(run: Run, node: str) -> dict[str, Any] | None:
    """Windows on the maps of a processing node that an anomaly node reads, with the scores of all; None without maps."""
    document = run.map(node)
    readers = [name for name in run.anomaly_nodes if node in run.inputs_of(name)]
    if document is None or not readers or run.ranking is None:
        return None
    rows = np.asarray(document["rows"], np.intp)
    nodes = [*readers, *(name for name in run.anomaly_nodes if name not in readers)]
    measures = [
        {"name": f"score of {name}", "values": packed(np.asarray(run.scores(name, "training"))[rows])}
        for name in nodes
    ]
    # Size shows a reconstruction error where there is one, colour another score, of another kind if there is one.
    rebuild = [run.errors(name) is not None for name in nodes]
    size = rebuild.index(True) if True in rebuild else 0
    others = [number for number in range(len(nodes)) if number != size]
    colour = next((number for number in others if not rebuild[number]), others[0] if others else size)
    return {
        **_places(run, document, rows),
        "measures": measures,
        "size": size,
        "colour": colour,
        "text": f"Like {wording(run).window}s lie together, a point each. The larger and the darker, the odder.",
    }


def error_map(run: Run, node: str) -> dict[str, Any] | None:
    """Windows by what their reconstruction leaves, in clusters with the mean error of each; None where nothing is rebuilt."""
    document = run.errors(node)
    if document is None:
        return None
    rows = np.asarray(document["rows"], np.intp)
    clusters = np.asarray(document["clusters"], np.int32)
    count = int(clusters.max()) + 1
    sizes = np.bincount(clusters, minlength=count)
    profiles = np.load(run.path / "outputs" / node / "error_profiles.npy")
    names = [f"cluster {number + 1} ({sizes[number]})" for number in range(count)]
    where, values = _axis(document["labels"]), peaks(profiles)
    lines = {
        "kind": "lines",
        "title": "Mean error of each cluster",
        "x": {"label": where[0], "values": thin(where[1], values.shape[1])},
        "y": {"label": "mean squared error", "scale": "log" if (values > 0).all() else "linear"},
        "series": [
            {"name": name, "values": row.tolist()}
            for name, row in zip(names, values.astype(float), strict=True)
        ],
    }
    return {
        **_places(run, document, rows),
        "measures": [
            {"name": f"score of {node}", "values": packed(np.asarray(run.scores(node, "training"))[rows])}
        ],
        "size": 0,
        "clusters": clusters.tolist(),
        "cluster_names": names,
        "plots": [lines],
        "text": "Windows that are rebuilt badly in the same places lie together, and K-means sorts them into clusters.",
        "files": f"outputs/{node}/error-clusters/profiles.csv holds the mean errors; `edgewright label RUN "
        f"--from error-clusters -o labels.csv` writes which recording is in which cluster.",
    }


def oddest(run: Run) -> dict[str, Any] | None:
    """The windows that all anomaly nodes together find oddest; None without exploration."""
    document = run.ranking
    if document is None:
        return None
    nodes = list(document["ranks"])
    rows = []
    for place, row in enumerate(document["windows"][:LISTED]):
        sample, start = origin(run, row)
        ranks = [document["ranks"][node][place] for node in nodes]
        rows.append([place + 1, sample["name"], start, document["mean_rank"][place], *ranks])
    text = (
        "By the mean of the places in " + " and ".join(nodes)
        if len(nodes) > 1
        else f"By the score of {nodes[0]}"
    )
    columns = ["", "sample", "from (s)", "mean place", *(f"place by {node}" for node in nodes)]
    return {"text": f"{text}.", "tables": [{"title": "", "columns": columns, "rows": rows}]}


def rebuilt(run: Run, node: str) -> dict[str, Any] | None:
    """The oddest windows, each beside its reconstruction: features, and the signal where they are a spectrum."""
    path, ranking = run.path / "outputs" / node / "plots-rebuilt.json", run.ranking
    if ranking is None or not path.is_file():
        return None
    drawn = beside(json.loads(path.read_text(encoding="utf-8"))["plots"])
    asked = np.flatnonzero(np.load(run.path / "outputs" / "ranking" / "assignment.npy") == 0)
    # The block saw them in the order of the data, and may have drawn the first of them only.
    plot_of = dict(zip((asked + run.rows("training")[0]).tolist(), drawn, strict=False))
    rows = [row for row in ranking["windows"] if row in plot_of]
    return {
        "text": _REBUILT,
        "plots": [plot for row in rows for plot in side_by_side(run, node, row, plot_of[row])],
    }


def _places(run: Run, document: dict[str, Any], rows: NDArray[np.intp]) -> dict[str, Any]:
    origins = [origin(run, int(row)) for row in rows]
    layouts = [
        {"name": layout["name"], "axes": layout["axes"], "places": packed(layout["places"])}
        for layout in document["layouts"]
    ]
    return {
        "layouts": layouts,
        "note": document["note"],
        "names": [str(sample["name"]) for sample, _ in origins],
        "start": [round(start, 4) for _, start in origins],
        "whole": bool(run.windows_info.get("whole")),
        "windows": len(run.index),
    }


def _axis(labels: Sequence[str]) -> tuple[str, list[Any]]:
    """Labels that are a number between equal words (``audio 62.5 Hz``) as that number; others as they are."""
    parts = [label.rsplit(" ", 2) for label in labels]
    if all(len(part) == 3 for part in parts) and len({(part[0], part[2]) for part in parts}) == 1:
        try:
            return f"{parts[0][0]} {parts[0][2]}", [float(part[1]) for part in parts]
        except ValueError:
            pass
    return "feature", list(labels)

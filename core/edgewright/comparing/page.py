"""The page of a comparison, drawn by the report's own machinery."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

import edgewright
from edgewright.data import windows as cut
from edgewright.report.page import render, save
from edgewright.report.panels import VERSION, plain
from edgewright.report.sampling import envelope, packed, spread
from edgewright.report.scores import curves

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.comparing.figures import Pair
    from edgewright.comparing.sides import Question
    from edgewright.comparing.together import Comparison

MAX_POINTS = 4000
MAX_VALUES = 400
MAX_AXES = 6


def drawings(
    question: Question, windows: Pair, recordings: Pair, shown: Sequence[int], threshold: float, limit: float
) -> dict[str, Any]:
    """What the page draws: the scores of both sides, their curves, and the signals of differing decisions."""
    pair, what = (windows, "windows") if windows.both.any() else (recordings, "recordings")
    both = np.flatnonzero(pair.both)
    thin = both[spread(len(both), MAX_POINTS)]
    labelled = both[pair.truth[both] >= 0]
    fresh = question.fresh
    signals = []
    for place in shown:
        values = cut(fresh.signal, fresh.index, np.array([place]), fresh.length)[0]
        thinned, _ = envelope(values[:, :MAX_AXES], MAX_VALUES)
        signals.append({"values": packed(thinned.T), "seconds": fresh.length / fresh.frequency})
    return {
        "what": what,
        "thresholds": [threshold, limit if np.isfinite(limit) else None],
        "points": {
            "first": packed(pair.first[thin]),
            "second": packed(pair.second[thin]),
            "truth": [int(value) for value in pair.truth[thin]],
            "total": len(both),
        },
        "curves": [
            _curve(scores[labelled], pair.truth[labelled] == 1) for scores in (pair.first, pair.second)
        ],
        "signals": signals,
        "axes": question.axes[:MAX_AXES],
    }


def _curve(scores: NDArray[np.float64], abnormal: NDArray[np.bool_]) -> dict[str, Any] | None:
    return curves(scores, abnormal)


def write_page(comparison: Comparison, out: Path) -> None:
    """Write the page; it appears whole or not at all. Raises EdgewrightError."""
    document = comparison.document
    panel = {
        "kind": "comparison",
        "id": "comparison",
        "title": "Side by side",
        "data": {"document": document, **comparison.panels},
    }
    info = {
        "name": f"{document['first']['name']} beside {document['second']['name']}",
        "status": "",
        "started": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "seconds": None,
        "runner": "",
        "build_id": "",
        "versions": {"edgewright": edgewright.__version__},
        "warnings": [],
        "nodes": [],
        "times": {},
        "tasks": [],
        "failed": [],
    }
    save(render(plain({"version": VERSION, "panels": [panel], "problems": []}), plain(info)), out)

"""The page of a comparison, drawn by the report's own machinery."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

import edgewright
from edgewright.data import windows as cut
from edgewright.report.page import render, save
from edgewright.report.panels import VERSION, plain
from edgewright.report.sampling import envelope, packed, picture, spread
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
        **_signals(question, shown),
    }


def class_drawings(
    question: Question, first: NDArray[np.float64], second: NDArray[np.float64], shown: Sequence[int]
) -> dict[str, Any]:
    """What the page of two classifiers draws: the share of the run's class on both sides, and signals."""
    both = np.flatnonzero(np.isfinite(second))
    thin = both[spread(len(both), MAX_POINTS)]
    return {
        "what": "windows",
        "thresholds": [None, None],
        "points": {
            "first": packed(first[thin]),
            "second": packed(second[thin]),
            "truth": [-1] * len(thin),
            "total": len(both),
        },
        "curves": [None, None],
        **_signals(question, shown),
    }


def _signals(question: Question, shown: Sequence[int]) -> dict[str, Any]:
    fresh = question.fresh
    signals = []
    for place in shown:
        values = cut(fresh.signal, fresh.index, np.array([place]), fresh.length)[0]
        if question.images:
            signals.append({"picture": picture(values), "seconds": 0.0})
            continue
        thinned, _ = envelope(values[:, :MAX_AXES], MAX_VALUES)
        signals.append({"values": packed(thinned.T), "seconds": fresh.length / fresh.frequency})
    return {"signals": signals, "axes": question.axes[:MAX_AXES]}


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
    info: dict[str, Any] = {
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

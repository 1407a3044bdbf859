"""ROC and precision–recall curves: what every threshold would give on labelled scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from edgewright.errors import UsageError
from edgewright.scoring.arrays import as_scores, as_truth
from edgewright.scoring.metrics import auroc, average_precision

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

#: More points than this are thinned evenly; the areas are always those of all scores.
MAX_POINTS = 2000

_ARRAYS = ("thresholds", "fpr", "tpr", "precision")


def candidates(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Every threshold that decides otherwise than its neighbours, ascending.

    Below all, half-way between neighbouring distinct scores, so that no measured score sits on one, and the largest
    score, above which is nothing.
    """
    distinct = np.unique(scores).astype(np.float64)
    between = (distinct[:-1] + distinct[1:]) / 2.0
    # Neighbouring float32 have nothing between them: the lower one serves, since decisions are strict.
    between = np.where(between.astype(np.float32) >= distinct[1:], distinct[:-1], between)
    lowest = np.nextafter(np.float32(distinct[0]), np.float32(-np.inf))
    return np.concatenate(([float(lowest)], between, [distinct[-1]]))


def above(scores: NDArray[np.float32], thresholds: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many scores exceed each threshold, compared as float32."""
    ordered = np.sort(scores)
    counts: NDArray[np.int64] = len(ordered) - np.searchsorted(
        ordered, thresholds.astype(np.float32), side="right"
    )
    return counts


@dataclass(frozen=True)
class RocMetrics:
    """What each threshold gives: point ``i`` calls anomalous what scores above ``thresholds[i]``.

    Attributes
    ----------
    thresholds : np.ndarray [shape=(p,)]
        Descending: from nothing anomalous to everything.
    fpr, tpr : np.ndarray [shape=(p,)]
        Share of normal scores and share of abnormal scores above it.
    precision : np.ndarray [shape=(p,)]
        Share of abnormal ones among the scores above it; 1 where nothing is.
    auroc, average_precision : float
        Of all scores, however many points are kept.
    normal, abnormal : int
        How many scores of each kind there are.
    """

    thresholds: NDArray[np.float64]
    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    precision: NDArray[np.float64]
    auroc: float
    average_precision: float
    normal: int
    abnormal: int

    @property
    def recall(self) -> NDArray[np.float64]:
        """The same as ``tpr``, by its name on the precision–recall curve."""
        return self.tpr

    def to_document(self) -> dict[str, Any]:
        """Give the JSON form, a table of ``roc.json``."""
        numbers = {"auroc": self.auroc, "average_precision": self.average_precision}
        counts = {"normal": self.normal, "abnormal": self.abnormal}
        return {**{name: getattr(self, name).tolist() for name in _ARRAYS}, **numbers, **counts}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> RocMetrics:
        """Read :meth:`to_document` back."""
        fields: dict[str, Any] = {name: document[name] for name in cls.__dataclass_fields__}
        fields.update({name: np.asarray(document[name], dtype=np.float64) for name in _ARRAYS})
        return cls(**fields)

    def plot(self, kind: Literal["roc", "pr"] = "roc", *, out: Path | str | None = None) -> Any:
        """Draw a curve.

        Parameters
        ----------
        kind : {"roc", "pr"}
            True positive rate over false positive rate, or precision over recall.
        out : Path or str, optional
            Also write the figure there as an HTML file that needs nothing else.

        Returns
        -------
        plotly.graph_objects.Figure

        Raises
        ------
        UsageError
            Another kind.
        """
        if kind not in ("roc", "pr"):
            raise UsageError(f"plot: got {kind!r}, must be 'roc' or 'pr'")
        from plotly import graph_objects

        if kind == "roc":
            x, y, names = self.fpr, self.tpr, ("false positive rate", "true positive rate")
            title = f"ROC, area {self.auroc:.4f}"
        else:
            x, y, names = self.recall, self.precision, ("recall", "precision")
            title = f"Precision and recall, average precision {self.average_precision:.4f}"
        figure = graph_objects.Figure(
            graph_objects.Scatter(
                x=x.tolist(),
                y=y.tolist(),
                mode="lines",
                customdata=self.thresholds.tolist(),
                hovertemplate=f"{names[0]} %{{x:.4f}}<br>{names[1]} %{{y:.4f}}<br>threshold %{{customdata:.6g}}<extra></extra>",
            )
        )
        figure.update_layout(
            title=title,
            xaxis={"title": names[0], "range": [-0.01, 1.01]},
            yaxis={"title": names[1], "range": [-0.01, 1.01]},
        )
        if out is not None:
            figure.write_html(str(out), include_plotlyjs=True)
        return figure


def roc_metrics(scores: ArrayLike, truth: ArrayLike) -> RocMetrics | None:
    """Compute both curves.

    Parameters
    ----------
    scores : array-like [shape=(n,)]
    truth : array-like of bool [shape=(n,)]
        True = abnormal (or, of a class's probabilities, of that class).

    Returns
    -------
    RocMetrics or None
        None without scores of both kinds.

    Examples
    --------
    >>> curve = roc_metrics([0.1, 0.2, 0.9], [False, False, True])
    >>> curve.fpr.tolist(), curve.tpr.tolist(), curve.auroc
    ([0.0, 0.0, 0.5, 1.0], [0.0, 1.0, 1.0, 1.0], 1.0)
    """
    values = as_scores(scores)
    actual = as_truth(truth, len(values))
    abnormal = int(actual.sum())
    normal = len(actual) - abnormal
    area, precision_area = auroc(values, actual), average_precision(values, actual)
    if area is None or precision_area is None:
        return None
    limits = candidates(values)[::-1]
    limits = limits[
        np.unique(np.linspace(0, len(limits) - 1, min(len(limits), MAX_POINTS)).round().astype(int))
    ]
    hits, false_alarms = above(values[actual], limits), above(values[~actual], limits)
    said = hits + false_alarms
    precision = np.where(said > 0, hits / np.maximum(said, 1), 1.0)
    return RocMetrics(
        limits, false_alarms / normal, hits / abnormal, precision, area, precision_area, normal, abnormal
    )

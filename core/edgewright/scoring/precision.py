"""What a model that computes in integers decides otherwise than in float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import DataError
from edgewright.scoring.classification import classification_metrics
from edgewright.scoring.metrics import auroc, confusion, rates
from edgewright.scoring.mistakes import MOST_WINDOWS
from edgewright.scoring.regression import regression_metrics
from edgewright.scoring.thresholds import decide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

_CLASS_FIGURES = ("accuracy", "macro_f1", "log_loss")
_NUMBER_FIGURES = ("mae", "rmse", "r2")


def precision_document(
    values: ArrayLike,
    in_float32: ArrayLike,
    decisions: Mapping[str, Any],
    samples: Sequence[Mapping[str, Any]],
    *,
    length: int,
    frequency: float,
    most: int = MOST_WINDOWS,
) -> dict[str, Any]:
    """Compare what a node gives with what it would give in float32, over the windows of its decisions.

    Parameters
    ----------
    values : array-like [shape=(n,) or (n, classes)]
        Scores, numbers or probabilities.
    in_float32 : array-like [shape=(n, 1) or (n, classes)]
        The same in float32.
    decisions : mapping
        ``decisions.json`` of the node.
    samples : sequence of mapping
        ``samples.json``.
    length : int
        Values of a window.
    frequency : float
        Values a second.
    most : int
        Windows listed.

    Returns
    -------
    dict
        ``largest_change`` and ``mean_change`` of a value; ``figures``: name → [float32, int8], None where it can't be known;
        ``count``, how many windows are decided otherwise, of ``of``; ``windows``: those, the largest change first, each with ``row``
        (its place in ``decisions``), ``sample``, ``name``, ``label``, ``from`` (seconds into the recording), ``float32`` and ``int8``
        (score or class) and ``change``.

    Raises
    ------
    DataError
        Not one row a window on both sides.
    """
    columns = decisions["windows"]
    owner = np.asarray(columns["sample"], np.int64)
    both = [np.asarray(side, np.float64).reshape(len(owner), -1) for side in (in_float32, values)]
    if both[0].shape != both[1].shape:
        raise DataError(f"precision: {both[0].shape} values in float32 for {both[1].shape}; must be as many")
    said = [_said(side, decisions) for side in both]
    changes = np.abs(both[1] - both[0]).max(axis=1, initial=0.0)
    rows = np.flatnonzero(said[0] != said[1])
    order = rows[np.argsort(-changes[rows], kind="stable")]
    figures = [_figures(side, decisions, owner, samples) for side in both]
    return {
        "largest_change": float(changes.max(initial=0.0)),
        "mean_change": float(changes.mean()) if len(changes) else 0.0,
        "figures": {name: [old, figures[1][name]] for name, old in figures[0].items()},
        "count": len(rows),
        "of": len(owner),
        "windows": [
            {
                "row": int(row),
                "sample": int(owner[row]),
                "name": str(samples[owner[row]]["name"]),
                "label": samples[owner[row]].get("label"),
                "from": round(columns["start"][row] / frequency, 6),
                "to": round((columns["start"][row] + length) / frequency, 6),
                **{
                    name: _shown(side[row], decisions)
                    for name, side in zip(("float32", "int8"), both, strict=True)
                },
                "change": float(changes[row]),
            }
            for row in order[:most]
        ],
    }


def _said(values: NDArray[np.float64], decisions: Mapping[str, Any]) -> NDArray[Any]:
    """What is decided of each window; numbers decide nothing."""
    if "classes" in decisions:
        return np.asarray(values.argmax(axis=1) if len(values) else np.zeros(0, np.int64))
    if "threshold" in decisions:
        return decide(values[:, 0], float(decisions["threshold"]))
    return np.zeros(len(values), bool)


def _shown(row: NDArray[np.float64], decisions: Mapping[str, Any]) -> str | float:
    return str(decisions["classes"][int(row.argmax())]) if "classes" in decisions else float(row[0])


def _figures(
    values: NDArray[np.float64],
    decisions: Mapping[str, Any],
    owner: NDArray[np.int64],
    samples: Sequence[Mapping[str, Any]],
) -> dict[str, float | None]:
    if "classes" in decisions:
        table = classification_metrics(values, owner, samples, decisions["classes"])["windows"] or {}
        return {name: table.get(name) for name in _CLASS_FIGURES}
    if "threshold" not in decisions:
        table = regression_metrics(values[:, 0], owner, samples)["windows"] or {}
        return {name: table.get(name) for name in _NUMBER_FIGURES}
    normal = [samples[number].get("normal") for number in owner]
    known = np.array([kind is not None for kind in normal], bool)
    truth = np.array([kind is False for kind in normal], bool)[known]
    found = rates(confusion(decide(values[known, 0], float(decisions["threshold"])), truth))
    return {
        "auroc": auroc(values[known, 0], truth),
        **{name: found[name] for name in ("accuracy", "fpr", "fnr")},
    }

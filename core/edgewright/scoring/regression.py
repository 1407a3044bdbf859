"""How near predicted numbers come: mean absolute error, root mean square error, R²."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.names import number_of
from edgewright.errors import DataError
from edgewright.scoring.classification import recording_means

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


def values_document(
    values: ArrayLike,
    windows: Mapping[str, ArrayLike],
    samples: Sequence[Mapping[str, Any]],
    *,
    split: str = "test",
) -> dict[str, Any]:
    """Build ``decisions.json`` of a regression node: the number of every window of a split, and of every recording.

    A recording's number is the mean of its windows'.

    Returns
    -------
    dict
        ``split``; ``windows``, columns ``sample``, ``start``, ``value``; ``recordings``, one object each with
        ``sample``, ``name``, ``label``, ``windows``, ``value``, ``error`` (null where the label is no number), the
        largest error first.

    Raises
    ------
    DataError
        Not one number a window.
    """
    numbers = np.asarray(values, dtype=np.float64).reshape(-1)
    owner = np.asarray(windows["sample"], dtype=np.int64)
    start = np.asarray(windows["start"], dtype=np.int64)
    if not len(numbers) == len(owner) == len(start):
        raise DataError(f"predictions: {len(numbers)} numbers for {len(owner)} windows; must be as many")
    rows = []
    for sample, mean, size in zip(*recording_means(numbers, owner), strict=True):
        label = samples[sample].get("label")
        truth = number_of(label)
        rows.append(
            {
                "sample": int(sample),
                "name": str(samples[sample]["name"]),
                "label": label,
                "windows": int(size),
                "value": float(mean),
                "error": None if truth is None else float(mean) - truth,
            }
        )
    rows.sort(key=lambda row: (-abs(row["error"] or 0.0), row["name"]))
    return {
        "split": split,
        "windows": {
            "sample": owner.tolist(),
            "start": start.tolist(),
            "value": [float(value) for value in numbers],
        },
        "recordings": rows,
    }


def regression_metrics(
    values: ArrayLike, owner: ArrayLike, samples: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return both tables of a split, by window and by recording, and how many windows have no number as label."""
    numbers = np.asarray(values, dtype=np.float64).reshape(-1)
    owners = np.asarray(owner, dtype=np.int64)
    truth = [number_of(sample.get("label")) for sample in samples]
    ids, means, _sizes = recording_means(numbers, owners)
    return {
        "windows": evaluate_numbers(numbers, [truth[number] for number in owners]),
        "recordings": evaluate_numbers(means, [truth[number] for number in ids]),
        "unlabelled": sum(truth[number] is None for number in owners),
    }


def evaluate_numbers(values: NDArray[np.float64], truth: Sequence[float | None]) -> dict[str, Any] | None:
    """Return ``n``, ``mae``, ``rmse`` and ``r2`` over rows whose truth is known; None without any.

    R² is 1 − the sum of squared errors over that of the truth around its mean, and None where all truths are equal.
    """
    known = np.array([value is not None for value in truth], bool)
    if not known.any():
        return None
    wanted = np.array([value for value in truth if value is not None], np.float64)
    errors = values[known] - wanted
    spread = float(((wanted - wanted.mean()) ** 2).sum())
    return {
        "n": len(wanted),
        "mae": float(np.abs(errors).mean()),
        "rmse": float(np.sqrt((errors**2).mean())),
        "r2": 1.0 - float((errors**2).sum()) / spread if spread > 0 else None,
    }

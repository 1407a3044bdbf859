"""How well classes are told apart: confusion, accuracy, rates of each class, log loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import DataError
from edgewright.scoring.curves import roc_metrics
from edgewright.scoring.recordings import bootstrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

#: Probabilities nearer to 0 than this count as this, so that one sure mistake doesn't make the loss infinite.
SMALLEST = 1e-7


def predictions_document(
    probabilities: ArrayLike,
    windows: Mapping[str, ArrayLike],
    samples: Sequence[Mapping[str, Any]],
    classes: Sequence[str],
    *,
    split: str = "test",
) -> dict[str, Any]:
    """Build ``decisions.json`` of a classification node: the class of every window of a split, and of every recording.

    A recording's probabilities are the means of its windows'; a tie goes to the class that is listed first.

    Parameters
    ----------
    probabilities : array-like [shape=(n, classes)]
    windows : mapping
        ``sample`` and ``start``, as :func:`edgewright.scoring.decisions_document` takes them.
    samples : sequence of mapping
        ``samples.json``.
    classes : sequence of str

    Returns
    -------
    dict
        ``split``, ``classes``; ``windows``, columns ``sample``, ``start``, ``predicted`` (index into ``classes``),
        ``probability`` (of that class); ``recordings``, one object each with ``sample``, ``name``, ``label``,
        ``windows``, ``predicted`` (the class), ``probability``, ``right`` (null without a label), the least sure of
        the wrong ones last.

    Raises
    ------
    DataError
        Not one row of probabilities a window, or not one column a class.
    """
    values = np.asarray(probabilities, dtype=np.float64).reshape(-1, len(classes))
    owner = np.asarray(windows["sample"], dtype=np.int64)
    start = np.asarray(windows["start"], dtype=np.int64)
    if not len(values) == len(owner) == len(start):
        raise DataError(f"predictions: {len(values)} rows for {len(owner)} windows; must be as many")
    predicted = values.argmax(axis=1) if len(values) else np.zeros(0, np.int64)
    ids, means, sizes = recording_means(values, owner)
    rows = []
    for sample, mean, size in zip(ids, means, sizes, strict=True):
        label, best = samples[sample].get("label"), int(mean.argmax())
        rows.append(
            {
                "sample": int(sample),
                "name": str(samples[sample]["name"]),
                "label": label,
                "windows": int(size),
                "predicted": classes[best],
                "probability": float(mean[best]),
                "right": None if label is None else label == classes[best],
            }
        )
    rows.sort(key=lambda row: (row["right"] is not False, -row["probability"], row["name"]))
    return {
        "split": split,
        "classes": list(classes),
        "windows": {
            "sample": owner.tolist(),
            "start": start.tolist(),
            "predicted": predicted.tolist(),
            "probability": [float(value) for value in values[np.arange(len(values)), predicted]],
        },
        "recordings": rows,
    }


def classification_metrics(
    probabilities: ArrayLike,
    owner: ArrayLike,
    samples: Sequence[Mapping[str, Any]],
    classes: Sequence[str],
    *,
    seed: int = 0,
) -> dict[str, Any]:
    """Return both tables of a split, by window and by recording, and what could not be judged.

    ``seed`` draws the groups for ``accuracy_interval``.

    Returns
    -------
    dict
        ``windows`` and ``recordings`` (see :func:`evaluate_classes`; None when nothing is labelled), ``unlabelled``
        (windows without a label), ``unknown_labels`` (windows by label that no class is: they count as wrong).
    """
    values = np.asarray(probabilities, dtype=np.float64).reshape(-1, len(classes))
    owners = np.asarray(owner, dtype=np.int64)
    ids, means, _sizes = recording_means(values, owners)
    labels = [sample.get("label") for sample in samples]
    own = [labels[number] for number in owners]
    unknown: dict[str, int] = {}
    for label in own:
        if label is not None and label not in classes:
            unknown[label] = unknown.get(label, 0) + 1
    groups = groups_of(samples)
    return {
        "windows": evaluate_classes(values, own, classes, [groups[number] for number in owners], seed=seed),
        "recordings": evaluate_classes(
            means, [labels[number] for number in ids], classes, [groups[number] for number in ids], seed=seed
        ),
        "unlabelled": sum(label is None for label in own),
        "unknown_labels": dict(sorted(unknown.items())),
    }


def class_roc_document(
    probabilities: ArrayLike,
    owner: ArrayLike,
    samples: Sequence[Mapping[str, Any]],
    classes: Sequence[str],
) -> dict[str, Any]:
    """Build ``roc.json`` of a classification node: by table and class the curves of that class against all others.

    A class that no labelled row has, or that all have, is None.
    """
    values = np.asarray(probabilities, dtype=np.float64).reshape(-1, len(classes))
    owners = np.asarray(owner, dtype=np.int64)
    ids, means, _sizes = recording_means(values, owners)
    document: dict[str, Any] = {}
    for name, rows, of in (("windows", values, owners), ("recordings", means, ids)):
        labels = [samples[number].get("label") for number in of]
        known = np.array([label is not None for label in labels], bool)
        truth = [label for label in labels if label is not None]
        curves = {
            one: roc_metrics(rows[known, column], [label == one for label in truth])
            for column, one in enumerate(classes)
        }
        document[name] = {
            one: None if curve is None else curve.to_document() for one, curve in curves.items()
        }
    return document


def recording_means(
    values: NDArray[np.float64], owner: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Average rows by recording: ids ascending, means, and how many rows each has."""
    ids, inverse, sizes = np.unique(owner, return_inverse=True, return_counts=True)
    total = np.zeros((len(ids), *values.shape[1:]))
    np.add.at(total, inverse, values)
    return ids, total / sizes.reshape(-1, *(1,) * (values.ndim - 1)), sizes


def evaluate_classes(
    probabilities: NDArray[np.float64],
    labels: Sequence[str | None],
    classes: Sequence[str],
    groups: Sequence[str] | None = None,
    *,
    seed: int = 0,
) -> dict[str, Any] | None:
    """Judge predictions by labels.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, classes)]
    labels : sequence of str or None [length=n]
        Rows without a label are left out; a label that is no class makes its rows wrong.
    groups : sequence of str [length=n], optional
        What each row belongs to, for ``accuracy_interval``.
    seed : int

    Returns
    -------
    dict or None
        ``n``, ``accuracy``, ``accuracy_interval`` (95 %, resampling groups; None with fewer than two), ``log_loss`` (over rows whose label is a class), ``macro_f1``, ``labels`` (rows of the
        confusion matrix: the classes, then other labels), ``confusion`` (rows are truth, columns ``classes``),
        ``per_class`` with ``precision``, ``recall``, ``f1``, ``support``. A ratio without a denominator is None.
    """
    known = np.array([label is not None for label in labels], bool)
    values = probabilities[known]
    judged = [label for label in labels if label is not None]
    own = None if groups is None else [one for one, kept in zip(groups, known, strict=True) if kept]
    said = [classes[best] for best in values.argmax(axis=1)]
    table = confusion_table(said, judged, classes, own, seed=seed)
    if table is None:
        return None
    code = {name: number for number, name in enumerate(classes)}
    truth = np.array([code.get(label, -1) for label in judged], np.int64)
    chances = np.maximum(values[truth >= 0, truth[truth >= 0]], SMALLEST)
    return {**table, "log_loss": float(-np.log(chances).mean()) if len(chances) else None}


def confusion_table(
    predicted: Sequence[str],
    labels: Sequence[str | None],
    classes: Sequence[str],
    groups: Sequence[str] | None = None,
    *,
    seed: int = 0,
) -> dict[str, Any] | None:
    """Count predictions by labels.

    Parameters
    ----------
    predicted : sequence of str [length=n]
        One of ``classes`` each.
    labels : sequence of str or None [length=n]
        Rows without a label are left out; a label that is no class makes its rows wrong.
    classes : sequence of str
    groups, seed
        See :func:`evaluate_classes`.

    Returns
    -------
    dict or None
        ``n``, ``accuracy``, ``accuracy_interval``, ``macro_f1``, ``labels``, ``confusion``, ``per_class`` as :func:`evaluate_classes`; None
        when nothing is labelled.
    """
    others = sorted({label for label in labels if label is not None} - set(classes))
    names = [*classes, *others]
    code = {name: number for number, name in enumerate(names)}
    pairs = [
        (code[label], code[said]) for label, said in zip(labels, predicted, strict=True) if label is not None
    ]
    if not pairs:
        return None
    confusion = np.zeros((len(names), len(classes)), np.int64)
    np.add.at(confusion, tuple(np.array(pairs, np.int64).T), 1)
    per_class: dict[str, dict[str, float | int | None]] = {}
    for number, name in enumerate(classes):
        hit = int(confusion[number, number])
        support, said = int(confusion[number].sum()), int(confusion[:, number].sum())
        per_class[name] = {
            "precision": _ratio(hit, said),
            "recall": _ratio(hit, support),
            "f1": _ratio(2 * hit, said + support),
            "support": support,
        }
    scores = [entry["f1"] for entry in per_class.values() if entry["f1"] is not None]
    interval = None
    if groups is not None:
        right = np.array([truth == said for truth, said in pairs], np.float64)
        known = [group for group, label in zip(groups, labels, strict=True) if label is not None]
        interval = bootstrap(lambda rows: float(right[rows].mean()), known, rounds=200, seed=seed)
    return {
        "n": len(pairs),
        "accuracy": float(np.trace(confusion) / len(pairs)),
        "accuracy_interval": None if interval is None else list(interval),
        "macro_f1": float(np.mean(scores)) if scores else None,
        "labels": names,
        "confusion": confusion.tolist(),
        "per_class": per_class,
    }


def groups_of(samples: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each sample belongs to for an interval: its group where the data name one (a person, a machine), else itself."""
    return [str(sample.get("group") or sample["name"]) for sample in samples]


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None

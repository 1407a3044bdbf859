"""The documents of an anomaly node in a run folder: threshold.json, decisions.json, metrics.json, roc.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import DataError
from edgewright.scoring.arrays import as_scores
from edgewright.scoring.classification import groups_of
from edgewright.scoring.conformal import PTable, p_values
from edgewright.scoring.curves import roc_metrics
from edgewright.scoring.metrics import auroc, evaluate
from edgewright.scoring.recordings import Aggregate, aggregate, bootstrap
from edgewright.scoring.thresholds import Threshold, decide, rules_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike


def threshold_document(
    chosen: Threshold,
    quantiles: PTable,
    *,
    held_out: ArrayLike,
    training: ArrayLike,
    bounded_in_sample: bool = False,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Build ``threshold.json``: the chosen threshold, the p-value table and what every other rule would give.

    ``notes`` are further sentences for a reader (how folds were cut); empty ones are dropped.
    """
    return {
        **chosen.to_document(),
        "notes": [note for note in (chosen.note, *notes) if note],
        "quantiles": quantiles.to_document(),
        "rules": rules_table(
            chosen, held_out=held_out, training=training, bounded_in_sample=bounded_in_sample
        ),
    }


def decisions_document(
    scores: ArrayLike,
    windows: Mapping[str, ArrayLike],
    samples: Sequence[Mapping[str, Any]],
    threshold: float,
    quantiles: PTable,
    *,
    split: str = "test",
    method: Aggregate = "max",
    top_k: int = 3,
    share: float = 0.5,
) -> dict[str, Any]:
    """Build ``decisions.json``: every window of a split, and every recording.

    Parameters
    ----------
    scores : array-like [shape=(n,)]
    windows : mapping
        ``sample`` [shape=(n,)], the index into ``samples``, and ``start`` [shape=(n,)], the window's first value
        counted from the beginning of its recording.
    samples : sequence of mapping
        ``samples.json``.
    threshold : float
    quantiles : PTable
    method, top_k
        How windows become recordings, see :func:`edgewright.scoring.recordings.aggregate`.
    share : float in [0, 1)
        With ``share-over-threshold`` a recording is anomalous when more than this share of its windows is.

    Returns
    -------
    dict
        ``split``, ``threshold``, ``aggregate``; ``windows``, columns ``sample``, ``start``, ``score``, ``p``,
        ``anomalous``; ``recordings``, one object each with ``sample``, ``name``, ``label``, ``normal``, ``windows``,
        ``over`` (windows above the threshold), ``score``, ``anomalous``, the most anomalous first.
    """
    values = as_scores(scores)
    owner = np.asarray(windows["sample"], dtype=np.int64)
    start = np.asarray(windows["start"], dtype=np.int64)
    if not len(values) == len(owner) == len(start):
        raise DataError(f"decisions: {len(values)} scores for {len(owner)} windows; must be as many")
    anomalous = decide(values, threshold)
    ids, total = aggregate(values, owner, method=method, top_k=top_k, threshold=threshold)
    limit = share if method == "share-over-threshold" else threshold
    over = (
        np.bincount(owner[anomalous], minlength=len(samples)) if len(owner) else np.zeros(len(samples), int)
    )
    size = np.bincount(owner, minlength=len(samples)) if len(owner) else np.zeros(len(samples), int)
    flagged = decide(total, limit)
    rows = [
        {
            "sample": int(sample),
            "name": str(samples[sample]["name"]),
            "label": samples[sample].get("label"),
            "normal": samples[sample].get("normal"),
            "windows": int(size[sample]),
            "over": int(over[sample]),
            "score": float(score),
            "anomalous": bool(flag),
        }
        for sample, score, flag in zip(ids, total, flagged, strict=True)
    ]
    rows.sort(key=lambda row: (-row["score"], row["name"]))
    return {
        "split": split,
        "threshold": float(threshold),
        "aggregate": {"method": method, "top_k": top_k, "limit": float(limit)},
        "windows": {
            "sample": owner.tolist(),
            "start": start.tolist(),
            "score": [float(value) for value in values],
            "p": [float(p) for p in p_values(values, quantiles)],
            "anomalous": anomalous.tolist(),
        },
        "recordings": rows,
    }


def metrics_document(
    decisions: Mapping[str, Any],
    samples: Sequence[Mapping[str, Any]],
    chosen: Threshold,
    *,
    on_test: bool = False,
    seed: int = 0,
) -> dict[str, Any]:
    """Build ``metrics.json`` from ``decisions.json``: both tables against the labels.

    Samples whose ``normal`` is None are left out and counted in ``unlabelled``. ``auroc_interval`` resamples groups
    where the samples name them, else recordings. ``on_test`` marks a threshold that was chosen on the test split,
    whose metrics are therefore too good.

    Returns
    -------
    dict
        ``split``, ``target_fpr``, ``threshold``, ``method``, ``threshold_chosen_on_test``, ``windows`` and
        ``recordings`` (see :func:`edgewright.scoring.metrics.evaluate`; None when nothing is labelled),
        ``unlabelled`` (windows).
    """
    normal = np.array([_truth(sample) for sample in samples], dtype=np.int8)
    groups = groups_of(samples)
    owner = np.asarray(decisions["windows"]["sample"], dtype=np.int64)
    recordings = np.array([row["sample"] for row in decisions["recordings"]], dtype=np.int64)
    by_recording = [row["score"] for row in decisions["recordings"]]
    return {
        "split": decisions["split"],
        "method": chosen.method,
        "threshold": chosen.value,
        "target_fpr": chosen.target_fpr,
        "threshold_chosen_on_test": on_test,
        "windows": _table(decisions["windows"]["score"], owner, normal, groups, decisions["threshold"], seed),
        "recordings": _table(by_recording, recordings, normal, groups, decisions["aggregate"]["limit"], seed),
        "unlabelled": int(np.sum(normal[owner] < 0)) if len(owner) else 0,
    }


def roc_document(decisions: Mapping[str, Any], samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Build ``roc.json`` from ``decisions.json``: the curves of ``windows`` and of ``recordings``.

    Each is :meth:`edgewright.scoring.RocMetrics.to_document`, or None where not both kinds are labelled.
    """
    normal = np.array([_truth(sample) for sample in samples], dtype=np.int8)
    rows = decisions["recordings"]
    tables = {
        "windows": (decisions["windows"]["score"], decisions["windows"]["sample"]),
        "recordings": ([row["score"] for row in rows], [row["sample"] for row in rows]),
    }
    document = {}
    for name, (scores, owner) in tables.items():
        truth = normal[np.asarray(owner, dtype=np.int64)]
        curve = roc_metrics(np.asarray(scores, dtype=np.float64)[truth >= 0], truth[truth >= 0] == 0)
        document[name] = None if curve is None else curve.to_document()
    return document


def _table(
    scores: ArrayLike, owner: Any, normal: Any, groups: Sequence[str], limit: float, seed: int
) -> dict[str, Any] | None:
    values = as_scores(scores)
    known = np.flatnonzero(normal[owner] >= 0) if len(owner) else np.zeros(0, np.intp)
    if not len(known):
        return None
    values = values[known]
    truth = normal[owner[known]] == 0
    names = [groups[sample] for sample in owner[known]]
    interval = bootstrap(lambda rows: auroc(values[rows], truth[rows]), names, rounds=200, seed=seed)
    return {**evaluate(values, truth, limit), "auroc_interval": list(interval) if interval else None}


def _truth(sample: Mapping[str, Any]) -> int:
    """1 normal, 0 abnormal, −1 not known."""
    normal = sample.get("normal")
    return -1 if normal is None else int(bool(normal))

"""One decision from all learning nodes of an impulse: anomaly above its threshold wins, then the class, then normal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.scoring.classification import confusion_table, groups_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: What a window is called that an anomaly node puts above its threshold, and one that none does where there is no class.
ANOMALY, NORMAL = "anomaly", "normal"


def combine(verdicts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Decide on one window by the verdicts of all nodes.

    Parameters
    ----------
    verdicts : mapping
        By node, in the order of the impulse: ``anomalous`` of an anomaly node, ``class`` of a classification node.

    Returns
    -------
    dict or None
        ``label``: ``anomaly`` where any anomaly node is above its threshold, else the class of the first
        classification node, else ``normal``. ``anomalous``, and ``nodes``: which anomaly nodes say so. None where
        there are only numbers.

    Examples
    --------
    >>> combine({"gesture": {"class": "wave"}, "odd": {"anomalous": False}})
    {'label': 'wave', 'anomalous': False, 'nodes': []}
    >>> combine({"gesture": {"class": "wave"}, "odd": {"anomalous": True}})
    {'label': 'anomaly', 'anomalous': True, 'nodes': ['odd']}
    """
    flagged = [node for node, verdict in verdicts.items() if verdict.get("anomalous")]
    classes = [verdict["class"] for verdict in verdicts.values() if "class" in verdict]
    if not classes and not any("anomalous" in verdict for verdict in verdicts.values()):
        return None
    return {
        "label": ANOMALY if flagged else classes[0] if classes else NORMAL,
        "anomalous": bool(flagged),
        "nodes": flagged,
    }


def combined_documents(
    decisions: Mapping[str, Mapping[str, Any]], samples: Sequence[Mapping[str, Any]], *, seed: int = 0
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Build ``decisions.json`` and ``metrics.json`` of the combined decision over one split.

    Parameters
    ----------
    decisions : mapping
        By node, in the order of the impulse, the ``decisions.json`` of every anomaly and classification node.
    samples : sequence of mapping
        ``samples.json``.
    seed : int
        Draws the groups for ``accuracy_interval``.

    Returns
    -------
    decisions : dict
        ``split``, ``anomaly`` (nodes), ``classification`` (the node, or None), ``labels``; ``windows``, columns
        ``sample``, ``start``, ``label`` (index into ``labels``), ``anomalous``; ``recordings``, one object each with
        ``sample``, ``name``, ``label``, ``normal``, ``windows``, ``decided``, ``anomalous``, ``right`` (None where the
        label is not known), the wrong ones first.
    metrics : dict
        ``kind`` (``combined``), ``split``, ``classes``, ``windows`` and ``recordings`` (see
        :func:`edgewright.scoring.classification.confusion_table`; None when nothing is labelled), ``unlabelled``
        (windows).

    Notes
    -----
    In the metrics a sample whose label is abnormal counts as ``anomaly``, and so does a class that is an abnormal
    label: who calls a broken pump broken has found the anomaly. A recording is anomalous where the aggregate of an
    anomaly node is, and else of the class that its windows' mean probabilities make it.
    """
    detectors = [node for node, document in decisions.items() if "classes" not in document]
    classifier = next((node for node, document in decisions.items() if "classes" in document), None)
    first = decisions[classifier or detectors[0]]
    classes = list(first["classes"]) if classifier else [NORMAL]
    abnormal = {sample.get("label") for sample in samples if sample.get("normal") is False}
    labels = list(dict.fromkeys([*classes, ANOMALY]))
    columns = [label for label in labels if label not in abnormal or label == ANOMALY]

    def truth(sample: Mapping[str, Any]) -> str | None:
        if sample.get("normal") is False:
            return ANOMALY
        if classifier:
            label = sample.get("label")
            return None if label is None else str(label)
        return NORMAL if sample.get("normal") else None

    def counted(label: str) -> str:
        return ANOMALY if label in abnormal else label

    owner = first["windows"]["sample"]
    flags = np.zeros(len(owner), bool)
    for node in detectors:
        flags |= np.asarray(decisions[node]["windows"]["anomalous"], bool)
    plain = (
        np.asarray(first["windows"]["predicted"], np.int64) if classifier else np.zeros(len(owner), np.int64)
    )
    chosen = np.where(flags, labels.index(ANOMALY), plain)
    truths = [truth(samples[number]) for number in owner]

    flagged = {
        row["sample"] for node in detectors for row in decisions[node]["recordings"] if row["anomalous"]
    }
    rows = []
    for row in first["recordings"]:
        sample = samples[row["sample"]]
        decided = ANOMALY if row["sample"] in flagged else str(row["predicted"]) if classifier else NORMAL
        wanted = truth(sample)
        rows.append(
            {
                "sample": row["sample"],
                "name": row["name"],
                "label": sample.get("label"),
                "normal": sample.get("normal"),
                "windows": row["windows"],
                "decided": decided,
                "anomalous": row["sample"] in flagged,
                "right": None if wanted is None else counted(decided) == wanted,
            }
        )
    rows.sort(key=lambda row: (row["right"] is not False, row["name"]))
    document = {
        "split": first["split"],
        "anomaly": detectors,
        "classification": classifier,
        "labels": labels,
        "windows": {
            "sample": list(owner),
            "start": list(first["windows"]["start"]),
            "label": chosen.tolist(),
            "anomalous": flags.tolist(),
        },
        "recordings": rows,
    }

    groups = groups_of(samples)

    def table(
        decided: Iterable[str], known: Sequence[str | None], owners: Iterable[int]
    ) -> dict[str, Any] | None:
        said = [counted(label) for label in decided]
        return confusion_table(said, known, columns, [groups[number] for number in owners], seed=seed)

    judged = [row["sample"] for row in rows]
    metrics = {
        "kind": "combined",
        "split": first["split"],
        "classes": columns,
        "windows": table((labels[number] for number in chosen), truths, owner),
        "recordings": table(
            (row["decided"] for row in rows), [truth(samples[number]) for number in judged], judged
        ),
        "unlabelled": sum(one is None for one in truths),
    }
    return document, metrics

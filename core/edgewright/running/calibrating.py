"""Performance calibration: what averaging, threshold and suppression give on a run's labelled recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright.running.run import Run
    from edgewright.scoring.streaming import Recordings


def calibration_document(
    run: Run,
    node: str,
    *,
    label: str | None = None,
    averaging: Sequence[int] | None = None,
    suppression: Sequence[float] | None = None,
) -> dict[str, Any]:
    """Find the best settings for a stream of one node's scores.

    Parameters
    ----------
    run : Run
        A finished run, or what :func:`edgewright.running.examining.retest` made of it.
    node : str
        An anomaly node: its event is an abnormal recording. Or a classification node.
    label : str, optional
        The class whose recordings are the event, of a classification node.
    averaging, suppression
        See :func:`edgewright.scoring.streaming.calibrate`.

    Returns
    -------
    dict
        ``node``, ``label``, ``split``, ``window`` and ``stride`` (seconds), ``hours`` without the event, ``events``,
        ``now`` (the run's own threshold, without averaging or suppression; a class at 0.5) and ``front``, each
        :meth:`edgewright.scoring.streaming.Setting.to_document`.

    Raises
    ------
    UsageError
        A node of numbers, images or rows of a table, or no such class.
    DataError
        Not both kinds of recordings.
    """
    from edgewright.scoring.streaming import AVERAGING, calibrate, judge

    recordings, split, threshold = _recordings(run, node, label)
    front = calibrate(recordings, averaging=averaging or AVERAGING, suppression=suppression)
    now = judge(recordings, averaging=1, suppression=0.0, threshold=threshold)
    return {
        "node": node,
        "label": label,
        "split": split,
        "window": recordings.window,
        "stride": recordings.stride,
        "hours": recordings.quiet_seconds / 3600,
        "events": int(recordings.event.sum()),
        "now": now.to_document(),
        "front": [one.to_document() for one in front],
    }


def events_of(run: Run, node: str) -> list[str | None]:
    """What a node can be calibrated for: each class of a classification, None of an anomaly node, nothing of numbers."""
    description = run.description(node)
    if description["kind"] == "classification":
        return list(description["classes"])
    return [None] if description["kind"] == "anomaly" else []


def _recordings(run: Run, node: str, label: str | None) -> tuple[Recordings, str, float]:
    """A node's scores by recording, the split they are of, and the threshold that holds now."""
    from edgewright.scoring.streaming import Recordings

    description, info = run.description(node), run.windows_info
    if description["kind"] == "regression":
        raise UsageError(
            f"{node}: gives numbers, so there is no alarm to calibrate",
            hint="name an anomaly or a classification node by --node",
        )
    if info.get("kind", "time-series") != "time-series" or info.get("whole"):
        raise UsageError(f"{node}: its windows are no stream, so there is nothing to calibrate")
    decisions = run.decisions(node)
    owner = np.asarray(decisions["windows"]["sample"], np.int64)
    start = np.asarray(decisions["windows"]["start"], np.int64)
    if description["kind"] == "classification":
        classes = list(description["classes"])
        if label is None:
            raise UsageError(
                f"{node}: name the class whose recordings are the event",
                hint=f"--class: {', '.join(classes)}",
            )
        if label not in classes:
            raise UsageError(f"{node}: got class {label!r}, must be one of {', '.join(classes)}")
        scores = np.asarray(run.probabilities(node, decisions["split"]))[:, classes.index(label)]
        truth = [None if sample.get("label") is None else sample["label"] == label for sample in run.samples]
        threshold = 0.5
    else:
        if label is not None:
            raise UsageError(f"{node}: has no classes, so a class must be left out")
        scores = np.asarray(decisions["windows"]["score"], np.float32)
        truth = [None if sample.get("normal") is None else not sample["normal"] for sample in run.samples]
        threshold = float(decisions["threshold"])
    parts, event = [], []
    for number in np.unique(owner):
        known = truth[number]
        if known is None:
            continue
        rows = np.flatnonzero(owner == number)
        parts.append(np.asarray(scores[rows[np.argsort(start[rows], kind="stable")]], np.float32))
        event.append(known)
    frequency = float(info["frequency"])
    recordings = Recordings(
        parts, np.array(event, bool), window=info["length"] / frequency, stride=info["stride"] / frequency
    )
    return recordings, str(decisions["split"]), threshold

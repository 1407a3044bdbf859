"""What the outputs of a learning node mean for one window: anomalous or not, a class, a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.running.run import Run

TOP = 3


class Verdict(Protocol):
    """Reads ``output`` of ``score``."""

    output: str

    def of(self, value: Any, contributions: Any = None) -> Mapping[str, Any]:
        """The result document of one window: its row of the output, and of ``contributions`` where there are."""


def verdict_of(run: Run, node: str) -> Verdict:
    """Return what tells the results of a learning node of a finished run."""
    description = run.description(node)
    if description["kind"] == "anomaly":
        return AnomalyVerdict(run, node)
    return (
        ClassVerdict(description["classes"]) if description["kind"] == "classification" else NumberVerdict()
    )


def stream_verdict_of(run: Run, node: str) -> Verdict:
    """As :func:`verdict_of`, for the windows of one stream in their order: with the smoothing that the impulse sets."""
    verdict = verdict_of(run, node)
    if not isinstance(verdict, AnomalyVerdict):
        return verdict
    smoothing = float(run.threshold(node).get("smoothing") or 0.0)
    return SmoothedVerdict(verdict, smoothing) if smoothing else verdict


class AnomalyVerdict:
    """P-value, decision, the features that made it."""

    output = "scores"

    def __init__(self, run: Run, node: str) -> None:
        from edgewright.scoring import PTable

        threshold = run.threshold(node)
        self.threshold = float(threshold["value"])
        self._table = PTable.from_document(threshold["quantiles"])
        self._labels: Sequence[str] = run.description(node).get("contributions", [])

    def of(self, value: Any, contributions: Any = None) -> Mapping[str, Any]:
        """``score``, ``p``, ``anomalous``, ``threshold`` and the largest ``contributions`` as ``[label, value]``."""
        from edgewright.scoring import decide, p_values

        score = float(value)
        top: list[list[Any]] = []
        if contributions is not None:
            order = (-contributions).argsort(kind="stable")[:TOP]
            top = [[self._labels[column], float(contributions[column])] for column in order]
        return {
            "score": score,
            "p": float(p_values([score], self._table)[0]),
            "anomalous": bool(decide([score], self.threshold)[0]),
            "threshold": self.threshold,
            "contributions": top,
        }


class SmoothedVerdict:
    """The verdict of an anomaly node on a stream: what is compared with the threshold has a past, as on a device."""

    output = "scores"

    def __init__(self, verdict: AnomalyVerdict, smoothing: float) -> None:
        self._verdict, self._smoothing = verdict, smoothing
        self._past: float | None = None

    def of(self, value: Any, contributions: Any = None) -> Mapping[str, Any]:
        """As :meth:`AnomalyVerdict.of`, with ``smoothed``, by which ``anomalous`` is decided. Windows come in order."""
        import numpy as np

        from edgewright.scoring import decide

        score, s = np.float32(value), np.float32(self._smoothing)
        smoothed = score if self._past is None else s * np.float32(self._past) + (np.float32(1) - s) * score
        self._past = float(smoothed)
        flag = bool(decide([self._past], self._verdict.threshold)[0])
        return {**self._verdict.of(value, contributions), "smoothed": self._past, "anomalous": flag}


class ClassVerdict:
    """The likeliest class; of equal ones the first."""

    output = "probabilities"

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = list(classes)

    def of(self, value: Any, contributions: Any = None) -> Mapping[str, Any]:  # noqa: ARG002
        """``class``, its ``probability``, and ``probabilities`` by class."""
        best = int(value.argmax())
        return {
            "class": self._classes[best],
            "probability": float(value[best]),
            "probabilities": dict(zip(self._classes, map(float, value), strict=True)),
        }


class NumberVerdict:
    """The number."""

    output = "scores"

    def of(self, value: Any, contributions: Any = None) -> Mapping[str, Any]:  # noqa: ARG002
        """``value``."""
        return {"value": float(value)}

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

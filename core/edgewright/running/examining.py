"""What a run does wrong, and how it does on recordings that it has never seen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from edgewright.errors import DataError
from edgewright.running.combination_step import DECISION, combined_nodes
from edgewright.running.fresh import scored
from edgewright.running.run import Labelled, Run
from edgewright.running.verdicts import TOP
from edgewright.wording import wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.plugins import Plugins
    from edgewright.running.fresh import Fresh
    from edgewright.running.session import Options


def mistakes_of(run: Run, node: str) -> dict[str, Any]:
    """Windows and recordings that a node judges wrongly, the worst first; none for a node that gives numbers.

    Those of an anomaly node (:func:`edgewright.scoring.mistakes_document`) have the largest ``contributions`` of each
    window as ``[label, value]``, where its block gives any.
    """
    from edgewright.scoring import misclassified_document, mistakes_document

    decisions, info = run.decisions(node), run.windows_info
    size: dict[str, Any] = {"length": int(info["length"]), "frequency": float(info.get("frequency") or 1.0)}
    kind = run.description(node)["kind"]
    if kind == "regression":
        return {}
    if kind == "classification":
        return misclassified_document(decisions, run.samples, **size)
    document = mistakes_document(decisions, run.samples_of(node), **size)
    parts = run.contributions(node, decisions["split"])
    if parts is not None:
        for window in (one for side in document["windows"].values() for one in side):
            values = parts.values[window["row"]]
            order = (-values).argsort(kind="stable")[:TOP]
            window["contributions"] = [[parts.labels[column], float(values[column])] for column in order]
    return document


def precision_of(run: Run, node: str) -> dict[str, Any] | None:
    """What a node that computes in integers decides otherwise than in float32; None of others.

    See :func:`edgewright.scoring.precision_document`.
    """
    from edgewright.scoring import precision_document

    if all(run.in_float32(node, split) is None for split in ("test", "training")):
        return None
    decisions, info = run.decisions(node), run.windows_info
    in_float32 = run.in_float32(node, decisions["split"])
    if in_float32 is None:
        return None
    classifies = run.description(node)["kind"] == "classification"
    values = (run.probabilities if classifies else run.scores)(node, decisions["split"])
    return precision_document(
        values, in_float32, decisions, run.samples,
        length=int(info["length"]), frequency=float(info.get("frequency") or 1.0),
    )  # fmt: skip


class Retested(Run):
    """A run seen by its decisions and metrics on other recordings than its test split."""

    def __init__(
        self, run: Run, samples: list[dict[str, Any]], documents: Mapping[str, Mapping[str, Any]]
    ) -> None:
        super().__init__(run.path)
        self.__dict__["samples"] = samples
        self._documents = documents

    def decisions(self, node: str) -> dict[str, Any]:
        return dict(self._documents[node]["decisions"])

    def samples_of(self, node: str) -> list[dict[str, Any]]:  # noqa: ARG002
        return self.samples  # masks of the new ones aren't kept

    def metrics(self, node: str) -> dict[str, Any]:
        return dict(self._documents[node]["metrics"])

    def pixels(self, node: str) -> dict[str, Any] | None:  # noqa: ARG002
        return None  # those of the run are of its own test split

    def probabilities(self, node: str, split: str) -> NDArray[Any]:  # noqa: ARG002
        values: NDArray[Any] = self._documents[node]["probabilities"]
        return values

    @property
    def combined(self) -> bool:
        return DECISION in self._documents

    def contributions(self, node: str, split: str) -> Labelled | None:  # noqa: ARG002
        values = self._documents[node].get("contributions")
        return None if values is None else Labelled(values, tuple(self.description(node)["contributions"]))


def retest(
    run: Run,
    path: Path,
    *,
    options: Options | None = None,
    plugins: Plugins | None = None,
    warn: Callable[[str], None] = lambda _text: None,
) -> Retested:
    """Score labelled recordings that the run has never seen, and judge it by them.

    Thresholds, aggregates and what counts as normal are the run's.

    Raises
    ------
    DataError
        The recordings can't be read, or none has a label.
    """
    with scored(run, path, options=options, plugins=plugins, warn=warn) as fresh:
        samples = _judged(run, fresh, path)
        nodes = {node: _documents(run, node, fresh, samples) for node in fresh.scores}
    kinds = {node: run.description(node)["kind"] for node in nodes}
    together = combined_nodes(kinds)
    if together:
        from edgewright.scoring import combined_documents

        decisions, metrics = combined_documents(
            {node: nodes[node]["decisions"] for node in together}, samples
        )
        nodes[DECISION] = {"decisions": decisions, "metrics": metrics}
    return Retested(run, samples, nodes)


def _judged(run: Run, fresh: Fresh, path: Path) -> list[dict[str, Any]]:
    """Samples of the new recordings, with what the run holds for normal."""
    from edgewright.data.normality import conclude
    from edgewright_specs.loading import load_impulse

    words = wording(run)
    if not any(sample.get("label") is not None for sample in fresh.samples):
        raise DataError(
            f"{path}: no {words.recording} has a label, so there is nothing to judge by",
            hint=f"put {words.recording}s into one folder a label, as in the training data; `edgewright score` needs no labels",
        )
    known = {sample["label"]: sample["normal"] for sample in run.samples}
    counts = Counter(sample["label"] for sample in [*run.samples, *fresh.samples])
    data = load_impulse(run.path / "impulse.yaml").data
    concluded = conclude(counts, data.normal, data.abnormal).of
    return [
        {**sample, "normal": known.get(sample["label"], concluded.get(sample["label"]))}
        for sample in fresh.samples
    ]


def _documents(run: Run, node: str, fresh: Fresh, samples: list[dict[str, Any]]) -> dict[str, Any]:
    from edgewright.scoring import (
        PTable,
        Threshold,
        classification_metrics,
        decisions_document,
        metrics_document,
        predictions_document,
        regression_metrics,
        values_document,
    )

    description, scores, owner = run.description(node), fresh.scores[node], fresh.index["sample"]
    offsets = [sample["offset"] for sample in samples]
    windows: dict[str, Any] = {
        "sample": owner,
        "start": [int(row["start"]) - offsets[row["sample"]] for row in fresh.index],
    }
    split = "new"
    if description["kind"] == "classification":
        classes = description["classes"]
        metrics = classification_metrics(scores, owner, samples, classes)
        return {
            "decisions": predictions_document(scores, windows, samples, classes, split=split),
            "metrics": {"kind": "classification", "split": split, "classes": classes, **metrics},
            "probabilities": scores,
        }
    if description["kind"] == "regression":
        return {
            "decisions": values_document(scores, windows, samples, split=split),
            "metrics": {"kind": "regression", "split": split, **regression_metrics(scores, owner, samples)},
        }
    threshold, aggregate = run.threshold(node), run.decisions(node)["aggregate"]
    decisions = decisions_document(
        scores, windows, samples, threshold["value"], PTable.from_document(threshold["quantiles"]),
        split=split, method=aggregate["method"], top_k=aggregate["top_k"],
    )  # fmt: skip
    chosen = Threshold(**{name: threshold[name] for name in Threshold.__dataclass_fields__})
    return {
        "decisions": decisions,
        "metrics": metrics_document(decisions, samples, chosen),
        "contributions": fresh.contributions[node],
    }

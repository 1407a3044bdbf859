"""Host steps from scores to decisions: held-out scores, threshold, decisions and metrics of one anomaly node."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.planner.models import fold_tasks
from edgewright.planner.plan import INDEX, READ, Planner
from edgewright.planner.tasks import NOT_USED, FromTask, HostTask, StepInputs, Task
from edgewright.running.unseen_steps import held_out_of_fit, shown_unseen
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.planner.nodes import Node
    from edgewright_specs.impulse import ImpulseSpec
    from edgewright_specs.interface import Split

VERSION = 3

NORMAL, ABNORMAL, UNKNOWN = 0, 1, -1
_KINDS = {True: NORMAL, False: ABNORMAL, None: UNKNOWN}

#: Options of `thresholds:` that `scoring.choose` takes.
OPTIONS = ("fpr", "fnr", "percentile", "sigma", "beta", "value")


def decision_tasks(
    impulse: ImpulseSpec,
    node: Node,
    planner: Planner,
    description: Mapping[str, Any],
    selection: Mapping[str, Any],
    *,
    on_test: bool = False,
    masks: bool = False,
) -> list[Task]:
    """Tasks for one anomaly node: folds where nothing better is to be had, then threshold, decisions and metrics.

    ``on_test``: the methods that read labels take those of the test split, and the metrics say so. ``masks``: there are
    some, so a region is judged by the defects in it.
    """
    asked = threshold_settings(impulse, node.id)
    tasks: list[Task] = []
    unlabelled = planner.samples.unlabelled
    if node.scores_its_training and (not unlabelled or shown_unseen(node, planner)):
        tasks.append(held_out_of_fit(node, planner))
    elif unlabelled:
        tasks.append(_in_sample(node, planner))
    else:
        folds = selection["folds"]
        tasks += [*fold_tasks(node, planner, folds), _held_out(node, planner, folds)]
    held = FromTask(f"{node.id}/held-out", "held_out")
    scores = {split: _score_refs(node, planner, split) for split in SPLITS}
    labelled: Split = "test" if on_test else "calibration"
    region = {"region": dict(node.region.shape)} if node.region is not None and masks else {}
    judging = (
        FromTask(INDEX, "index"),
        FromTask(INDEX, "samples"),
        *([FromTask(READ, "masks")] if region else []),
    )
    tasks.append(
        HostTask(
            id=f"{node.id}/threshold", node=node.id, operation="threshold", step=_threshold, version=VERSION,
            settings={
                **asked, "node": node.id, "note": selection["note"], "bounded_in_sample": bool(description.get("bounded_in_sample")),
                "splits": {split: list(planner.samples.splits[split]) for split in SPLITS},
                "held": [held.task, held.output], "scores": {k: [r.task for r in v] for k, v in scores.items()},
                "labelled": labelled, **region,
            },
            reads=(
                held, *judging, FromTask(f"{node.id}/select", "assignment"),
                *scores["training"], *scores[labelled],
            ),
            place=impulse.locate(f"/thresholds/{node.id}"),
        )
    )  # fmt: skip
    tested: Split = "training" if unlabelled else "test"
    tasks.append(
        HostTask(
            id=f"{node.id}/decide", node=node.id, operation="decide", step=_decide, version=VERSION,
            settings={
                "node": node.id, "split": tested, "splits": {split: list(planner.samples.splits[split]) for split in SPLITS},
                "scores": [ref.task for ref in scores[tested]], "seed": impulse.seed,
                "aggregate": asked["aggregate"], "top_k": asked["top_k"], **region,
            },
            reads=(FromTask(f"{node.id}/threshold", "threshold"), *judging, *scores[tested]),
        )
    )  # fmt: skip
    return tasks


def threshold_settings(impulse: ImpulseSpec, node: str) -> dict[str, Any]:
    """What the impulse asks of a node's threshold, defaults filled in."""
    entry = impulse.thresholds.get(node)
    given = entry.model_dump(mode="json") if entry is not None else {}
    settings: dict[str, Any] = {name: given.get(name) for name in OPTIONS}
    settings["method"] = given.get("method") or "held-out"
    settings["aggregate"] = given.get("aggregate") or "max"
    settings["top_k"] = given.get("k") or 3
    settings["smoothing"] = given.get("smoothing") or 0.0
    return settings


def _score_refs(node: Node, planner: Planner, split: Split) -> list[FromTask]:
    count = len(planner.samples.chunks(split))
    return [FromTask(f"{node.id}/score/{split}-{number}", "scores") for number in range(count)]


def _held_out(node: Node, planner: Planner, folds: int) -> HostTask:
    """Put the folds' scores back into the order of the training windows, and keep those of normal ones."""
    reads = tuple(FromTask(f"{node.id}/score/fold-{fold}", "scores") for fold in range(folds))
    selected = FromTask(f"{node.id}/select", "assignment")

    def step(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
        import numpy as np

        assignment = load_array(inputs[selected.task, selected.output])
        scores = np.full(len(assignment), np.nan)
        for fold, task in enumerate(settings["folds"]):
            scores[assignment == fold] = load_array(inputs[task, "scores"])
        # A block that learns labels, or from a few abnormal samples too, has folds with abnormal windows in them.
        normal = normality(inputs, settings["training"]) != ABNORMAL
        np.save(out / "held_out.npy", scores[(assignment >= 0) & normal])
        return {"held_out": "held_out.npy"}

    return HostTask(
        id=f"{node.id}/held-out", node=node.id, operation="held-out", step=step, version=VERSION,
        settings={"folds": [ref.task for ref in reads], "training": list(planner.samples.splits["training"])},
        reads=(selected, FromTask(INDEX, "index"), FromTask(INDEX, "samples"), *reads),
    )  # fmt: skip


def _in_sample(node: Node, planner: Planner) -> HostTask:
    """Unlabelled exploration: the scores of the samples that were fitted stand in for held-out ones."""
    reads = tuple(_score_refs(node, planner, "training"))

    def step(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
        import numpy as np

        np.save(out / "held_out.npy", _concatenate(inputs, settings["scores"]))
        return {"held_out": "held_out.npy"}

    return HostTask(
        id=f"{node.id}/held-out", node=node.id, operation="held-out", step=step, version=VERSION,
        settings={"scores": [ref.task for ref in reads]}, reads=reads,
    )  # fmt: skip


def _threshold(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:

    from edgewright.scoring import choose, table, threshold_document

    held = load_array(inputs[settings["held"][0], settings["held"][1]])
    # Beside a block that learns labels, the training split holds abnormal windows, which this node never learned from.
    learned = load_array(inputs[f"{settings['node']}/select", "assignment"]) != NOT_USED
    learned &= normality(inputs, settings["splits"]["training"]) != ABNORMAL
    training = _concatenate(inputs, settings["scores"]["training"])[learned]
    split = settings["labelled"]
    labelled = _concatenate(inputs, settings["scores"][split])
    bounded = settings["bounded_in_sample"]
    kind = normality(inputs, settings["splits"][split], settings.get("region"))
    chosen = choose(
        settings["method"], held_out=held, training=training, labelled=labelled[kind != UNKNOWN], truth=kind[kind != UNKNOWN] == ABNORMAL, split=split,
        bounded_in_sample=bounded, **{name: settings[name] for name in OPTIONS},
    )  # fmt: skip
    document = threshold_document(
        chosen,
        table(held),
        held_out=held,
        training=training,
        bounded_in_sample=bounded,
        notes=[settings["note"]],
    )
    _write(
        out / "threshold.json",
        {
            "node": settings["node"],
            **document,
            "on_test": split == "test",
            "smoothing": settings["smoothing"],
        },
    )
    return {"threshold": "threshold.json"}


def _decide(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    from edgewright.scoring import PTable, Threshold, decisions_document, metrics_document, roc_document

    node = settings["node"]
    threshold = json.loads(inputs[f"{node}/threshold", "threshold"].read_text(encoding="utf-8"))
    samples = _samples(inputs, settings.get("region"))
    index = load_array(inputs[INDEX, "index"])[slice(*settings["splits"][settings["split"]])]
    offsets = np.array([sample["offset"] for sample in samples], np.int64)
    decisions = decisions_document(
        _concatenate(inputs, settings["scores"]),
        {"sample": index["sample"], "start": index["start"] - offsets[index["sample"]]},
        samples, threshold["value"], PTable.from_document(threshold["quantiles"]),
        split=settings["split"], method=settings["aggregate"], top_k=settings["top_k"],
    )  # fmt: skip
    head = {name: threshold[name] for name in Threshold.__dataclass_fields__}
    metrics = metrics_document(
        decisions, samples, Threshold(**head), on_test=threshold["on_test"], seed=settings["seed"]
    )
    _write(out / "decisions.json", decisions)
    _write(out / "metrics.json", metrics)
    _write(out / "roc.json", roc_document(decisions, samples))
    return {"decisions": "decisions.json", "metrics": "metrics.json", "roc": "roc.json"}


def _samples(inputs: StepInputs, region: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Samples, and for a region whether their defects touch it."""
    samples: list[dict[str, Any]] = json.loads(inputs[INDEX, "samples"].read_text(encoding="utf-8"))
    if region is None:
        return samples

    from edgewright.scoring import region_samples

    return region_samples(samples, load_array(inputs[READ, "masks"], mapped=True), region)


def normality(
    inputs: StepInputs, rows: Sequence[int], region: Mapping[str, Any] | None = None
) -> NDArray[np.int8]:
    """What the samples of these windows are: normal, abnormal, or not known; for a region by the defects in it."""
    import numpy as np

    samples = _samples(inputs, region)
    owners = load_array(inputs[INDEX, "index"])["sample"][slice(*rows)]
    of_sample = np.array([_KINDS[sample["normal"]] for sample in samples], np.int8)
    kinds: NDArray[np.int8] = of_sample[owners]
    return kinds


def _concatenate(inputs: StepInputs, tasks: Sequence[str]) -> NDArray[Any]:
    import numpy as np

    return np.concatenate([load_array(inputs[task, "scores"]) for task in tasks]) if tasks else np.zeros(0)


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")

"""Host step: which training windows a learning node learns from, what of them, and how they are cut.

Into folds for held-out scores, and for blocks that want it, each fit's windows into those that teach and validate.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.errors import PlanError
from edgewright.planner.plan import INDEX, Planner
from edgewright.planner.tasks import NOT_USED, FromTask, HostTask, Rows, StepInputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.planner.nodes import Node

VERSION = 3

#: Folds where nothing is known to be normal: each window's score, not only a threshold, comes from them.
EXPLORING = 5

#: What a reader of the threshold should know where a node learns from one window.
ALONE = (
    "the node learned from one window alone, so no normal score could be held out: nothing is known of false alarms, "
    "and p-values say nothing (1 here, -1 in packages)"
)


def selection_task(node: Node, planner: Planner, *, kind: str, seed: int) -> HostTask:
    """The step ``<node>/select``: writes ``assignment.npy`` (the fold of each training window) and ``selection.json``."""
    samples = planner.samples
    return HostTask(
        id=f"{node.id}/select", node=node.id, operation="select", step=_select, version=VERSION,
        settings={
            "labels": list(node.labels) if node.labels else None,
            "normal_only": kind == "anomaly" and node.training in (None, "normal-only"),
            "folds": kind == "anomaly" and (node.scores_its_training or not samples.unlabelled),
            "count": EXPLORING if samples.unlabelled else None, "within_fit": node.scores_its_training,
            "training": list(samples.splits["training"]), "seed": seed,
            "overlap": -(-samples.length // samples.stride) - 1,
            "node": node.id, "place": node.place, **_asked(node, planner, kind),
        },
        reads=(FromTask(INDEX, "index"), FromTask(INDEX, "samples")),
        place=node.place,
    )  # fmt: skip


def _asked(node: Node, planner: Planner, kind: str) -> dict[str, Any]:
    """What the node's block wants beside its windows."""
    labelled = node.training == "labelled"
    return {
        "targets": None if not labelled else "numbers" if kind == "regression" else "classes",
        "classes": planner.classes(node),
        "groups": "sample" if node.trainer is not None else "group" if labelled else None,
        "validation": node.wants_validation,
    }


def _select(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    samples = json.loads(inputs[INDEX, "samples"].read_text(encoding="utf-8"))
    owners = load_array(inputs[INDEX, "index"])["sample"][slice(*settings["training"])]
    where = f"{settings['place']}: node {settings['node']!r}"
    used = used_windows(samples, owners, settings, where)
    assignment = np.where(used, 0, NOT_USED).astype(np.int32)
    count, note = 0, ""
    if settings["folds"]:
        count, note, assignment[used] = _folds(samples, owners[used], settings, where)
    np.save(out / "assignment.npy", assignment)
    document = {
        "folds": count,
        "note": note,
        "all": bool(used.all()),
        "windows": int(used.sum()),
        "samples": len(np.unique(owners[used])),
    }
    (out / "selection.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    made = _codes(samples, owners, used, settings, where)
    if settings["validation"]:
        made["validation"] = _validation(samples, owners, assignment, count, settings)
    for name, array in made.items():
        np.save(out / f"{name}.npy", array)
    return {
        "assignment": "assignment.npy",
        "selection": "selection.json",
        **{name: f"{name}.npy" for name in made},
    }


def used_windows(samples: Any, owners: Any, settings: Mapping[str, Any], where: str) -> Any:
    """Which training windows a node learns from, by its settings ``normal_only`` and ``labels``; one bool a window.

    Raises
    ------
    PlanError
        It trains on labels that no sample has, or no window is left.
    """
    import numpy as np

    used = np.ones(len(owners), bool)
    if settings["normal_only"]:
        # Where something is known to be normal, what is neither normal nor abnormal is not learned from.
        known = any(sample["normal"] is True for sample in samples)
        fits = [sample["normal"] is True if known else sample["normal"] is not False for sample in samples]
        used &= np.array(fits, bool)[owners]
    if settings["labels"] is not None:
        labels = {str(sample["label"]) for sample in samples}
        unknown = sorted(set(settings["labels"]) - labels)
        if unknown:
            raise PlanError(
                f"{where} trains on labels {unknown}, which no sample has",
                hint=f"labels: {', '.join(sorted(labels))}",
            )
        used &= np.array([str(sample["label"]) in settings["labels"] for sample in samples], bool)[owners]
    if not used.any():
        raise PlanError(
            f"{where} has no training window left",
            hint="give more samples, a shorter window_ms, or other labels in `data: normal` or `train: labels`",
        )
    return used


def _codes(samples: Any, owners: Any, used: Any, settings: Mapping[str, Any], where: str) -> dict[str, Any]:
    from edgewright.running.targets import class_codes, group_codes, numbers

    made: dict[str, Any] = {}
    if settings["targets"] == "classes":
        made["targets"] = class_codes(samples, owners, used, settings["classes"], where)
    elif settings["targets"] == "numbers":
        made["targets"] = numbers(samples, owners, used, where)
    if settings["groups"] is not None:
        made["groups"] = group_codes(samples, owners, by=settings["groups"])
    return made


def _validation(samples: Any, owners: Any, assignment: Any, folds: int, settings: Mapping[str, Any]) -> Any:
    """One row a fit: that of the model, then that without each fold."""
    import numpy as np

    from edgewright.data.validation import cut_validation

    names, labels, groups = _names(samples, owners)
    if settings["targets"] == "numbers":  # hardly two recordings have the same
        labels[:] = ""
    result = np.full((folds + 1, len(owners)), -1, np.int8)
    for fit in range(folds + 1):
        kept = Rows("", None if fit == 0 else fit - 1).of(assignment)
        result[fit, kept] = cut_validation(
            names[kept], labels[kept], groups[kept], seed=settings["seed"], overlap=settings["overlap"]
        )
    return result


def _names(samples: Any, owners: Any) -> tuple[Any, Any, Any]:
    """Recording, label and group of each training window."""
    import numpy as np

    # Names may repeat in a data set; with its number each recording is itself.
    names = np.array([f"{sample['name']}\0{number}" for number, sample in enumerate(samples)], object)
    groups = np.array(
        [str(sample["group"] or name) for sample, name in zip(samples, names, strict=True)], object
    )
    labels = np.array([str(sample["label"]) for sample in samples], object)
    return names[owners], labels[owners], groups[owners]


def _folds(samples: Any, owners: Any, settings: Mapping[str, Any], where: str) -> tuple[int, str, Any]:
    import numpy as np

    from edgewright.errors import DataError
    from edgewright.scoring import fold_count, make_folds

    names, labels, groups = _names(samples, owners)
    if len(names) == 1:  # a threshold that is set by hand or by labels needs no other
        return 0, ALONE, np.full(1, -1, np.int32)
    count = settings["count"] or fold_count(len(names), within_fit=settings["within_fit"])
    try:
        folds = make_folds(
            names, labels, groups, count=count, seed=settings["seed"], overlap=settings["overlap"]
        )
    except DataError as error:
        raise PlanError(f"{where}: {error.message}", hint=error.hint) from None
    return folds.count, folds.note, folds.assignment

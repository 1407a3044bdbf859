"""Host step: which training windows a learning node learns from, and how they are cut into folds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright.errors import PlanError
from edgewright.planner.plan import INDEX, Node, Planner
from edgewright.planner.tasks import NOT_USED, FromTask, HostTask, StepInputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 1


def selection_task(node: Node, planner: Planner, *, kind: str, seed: int) -> HostTask:
    """The step ``<node>/select``: writes ``assignment.npy`` (the fold of each training window) and ``selection.json``."""
    samples = planner.samples
    return HostTask(
        id=f"{node.id}/select", node=node.id, operation="select", step=_select, version=VERSION,
        settings={
            "labels": list(node.labels) if node.labels else None,
            "normal_only": kind == "anomaly" and node.block.training in (None, "normal-only"),
            "folds": kind == "anomaly" and not samples.unlabelled and not node.scores_its_training,
            "training": list(samples.splits["training"]), "seed": seed,
            "overlap": -(-samples.window["length"] // samples.stride) - 1,
            "node": node.id, "place": node.place,
        },
        reads=(FromTask(INDEX, "index"), FromTask(INDEX, "samples")),
        place=node.place,
    )  # fmt: skip


def _select(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    samples = json.loads(inputs[INDEX, "samples"].read_text(encoding="utf-8"))
    owners = np.load(inputs[INDEX, "index"])["sample"][slice(*settings["training"])]
    where = f"{settings['place']}: node {settings['node']!r}"
    used = np.ones(len(owners), bool)
    if settings["normal_only"]:
        used &= np.array([sample["normal"] is not False for sample in samples], bool)[owners]
    if settings["labels"] is not None:
        known = {str(sample["label"]) for sample in samples}
        unknown = sorted(set(settings["labels"]) - known)
        if unknown:
            raise PlanError(
                f"{where} trains on labels {unknown}, which no sample has",
                hint=f"labels: {', '.join(sorted(known))}",
            )
        used &= np.array([str(sample["label"]) in settings["labels"] for sample in samples], bool)[owners]
    if not used.any():
        raise PlanError(
            f"{where} has no training window left",
            hint="give more samples, a shorter window_ms, or other labels in `data: normal` or `train: labels`",
        )
    assignment = np.where(used, 0, NOT_USED).astype(np.int32)
    count, note = 0, ""
    if settings["folds"]:
        count, note, assignment[used] = _folds(samples, owners[used], settings, where)
    np.save(out / "assignment.npy", assignment)
    document = {"folds": count, "note": note, "all": bool(used.all()), "windows": int(used.sum())}
    (out / "selection.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return {"assignment": "assignment.npy", "selection": "selection.json"}


def _folds(samples: Any, owners: Any, settings: Mapping[str, Any], where: str) -> tuple[int, str, Any]:
    from edgewright.errors import DataError
    from edgewright.scoring import make_folds

    own = [samples[number] for number in owners]
    # Names may repeat in a data set; with its number each recording is itself.
    names = [f"{sample['name']}\0{number}" for sample, number in zip(own, owners, strict=True)]
    groups = [str(sample["group"] or name) for sample, name in zip(own, names, strict=True)]
    labels = [str(sample["label"]) for sample in own]
    try:
        folds = make_folds(names, labels, groups, seed=settings["seed"], overlap=settings["overlap"])
    except DataError as error:
        raise PlanError(f"{where}: {error.message}", hint=error.hint) from None
    return folds.count, folds.note, folds.assignment

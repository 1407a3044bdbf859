"""Tasks that rank features: which windows have labels, a forest over them, and what is suggested by it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.planner.features import rank_by_targets
from edgewright.planner.nodes import Node
from edgewright.planner.plan import INDEX, Planner
from edgewright.planner.tasks import NOT_USED, FromTask, HostTask, Rows, StepInputs
from edgewright.runners.limits import limits_of
from edgewright.running.selection_step import used_windows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.planner.tasks import BlockTask
    from edgewright.plugins import Plugins

VERSION = 1
#: The built-in block that ranks.
RANKER = "feature_importance"
#: A tree keeps as many numbers a node as there are classes.
MOST_CLASSES = 500


def ranker_node(plugins: Plugins) -> Node:
    """The node that ranks, before it is known whose features."""
    from edgewright.registry import resolve
    from edgewright_specs.parameters import resolve_params

    block = resolve(RANKER, Path.cwd(), plugins)
    return Node("importance", block, resolve_params(block.spec, {}), (), None, None, limits_of(block), "")


def labels_task(node: Node, planner: Planner, *, numbers: bool) -> HostTask:
    """The step ``<node>/labels/importance``: the training windows that a node learns from and that have a label.

    With ``numbers`` labels are numbers to learn, and what isn't one counts as no label.
    """
    learns = node.block.type == "learning"
    return HostTask(
        id=f"{node.id}/labels/importance", node=node.id, operation="labels", step=_label, version=VERSION,
        settings={
            "labels": list(node.labels) if node.labels else None,
            # Whether it is an anomaly block only its description says, which waits for this; one that learns no labels is.
            "normal_only": learns and node.training in (None, "normal-only"),
            "training": list(planner.samples.splits["training"]), "numbers": numbers,
            "node": node.id, "place": node.place,
        },
        reads=(FromTask(INDEX, "index"), FromTask(INDEX, "samples")),
        place=node.place,
    )  # fmt: skip


def forest_task(node: Node, planner: Planner, ranker: Node, classes: Sequence[str]) -> BlockTask:
    """The task that ranks the features a learning node reads, or those a processing node gives."""
    inputs = node.inputs if node.block.type == "learning" else (node.id,)
    doer = replace(ranker, id=node.id, inputs=inputs, place=node.place)
    return rank_by_targets(doer, planner, Rows(f"{node.id}/labels/importance"), tuple(classes))


def ranking_task(node: Node) -> HostTask:
    """The step ``<node>/importance``, which writes ``importance.json``."""
    model = FromTask(f"{node.id}/fit/importance", "model")
    return HostTask(
        id=f"{node.id}/importance", node=node.id, operation="importance", step=_rank, version=VERSION,
        settings={"model": model.task}, reads=(model,), place=node.place,
    )  # fmt: skip


def read_ranking(model: Path) -> dict[str, Any]:
    """``importance.json`` of what the ranking block learned.

    Parameters
    ----------
    model : Path
        Its model's folder.
    """

    from edgewright.scoring.importance import importance_document

    meta = json.loads((model / "model.json").read_text(encoding="utf-8"))["meta"]
    by_label = model / "by_label.npy"
    return importance_document(
        meta["labels"],
        load_array(model / "importance.npy"),
        load_array(by_label) if by_label.is_file() else None,
        meta["classes"],
        meta["windows"],
    )


def _label(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    from edgewright.data.names import are_numbers, number_of, sorted_labels

    samples = json.loads(inputs[INDEX, "samples"].read_text(encoding="utf-8"))
    owners = load_array(inputs[INDEX, "index"])["sample"][slice(*settings["training"])]
    where = f"{settings['place']}: node {settings['node']!r}"
    used = used_windows(samples, owners, settings, where)
    labels = [sample["label"] for sample in samples]
    parsed = [number_of(label) for label in labels]
    taught = [labels[number] for number in np.unique(owners[used]) if labels[number] is not None]
    numbers = settings["numbers"] or are_numbers(taught)
    found: list[Any] = parsed if numbers else labels
    used &= np.array([label is not None for label in found], bool)[owners]
    seen = {found[number] for number in np.unique(owners[used])}
    classes = [] if numbers else sorted_labels(seen)
    code = {label: number for number, label in enumerate(classes)}
    codes = [label if numbers else code.get(label) for label in found]
    kind = np.float32 if numbers else np.int32
    np.save(out / "targets.npy", np.array([-1 if value is None else value for value in codes], kind)[owners])
    np.save(out / "assignment.npy", np.where(used, 0, NOT_USED).astype(np.int32))
    note = ""
    if len(seen) < 2:
        only = next(iter(seen), None)
        note = (
            "no training window has a label"
            if only is None
            else f"all training windows are labelled {only!r}"
        )
    elif len(classes) > MOST_CLASSES:
        note = f"{len(classes)} labels are too many to tell apart, more than {MOST_CLASSES}"
    document = {"classes": classes, "note": note, "windows": int(used.sum())}
    (out / "labels.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return {"targets": "targets.npy", "assignment": "assignment.npy", "labels": "labels.json"}


def _rank(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    document = read_ranking(inputs[settings["model"], "model"])
    (out / "importance.json").write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    return {"importance": "importance.json"}

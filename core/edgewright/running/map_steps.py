"""Tasks that lay windows out: maps of features, maps and clusters of what a reconstruction leaves, and who is oddest."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.planner.features import lay_out
from edgewright.planner.models import draw_windows
from edgewright.planner.nodes import Node
from edgewright.planner.tasks import NOT_USED, FromTask, HostTask, Part, Rows, StepInputs
from edgewright.runners.limits import limits_of
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.planner.plan import Planner
    from edgewright.planner.tasks import Task
    from edgewright.plugins import Plugins

VERSION = 1
#: The built-in block that lays windows out.
MAPPER = "feature_map"
#: Clusters of reconstruction errors, unless a run has fewer windows.
ERROR_CLUSTERS = 5
#: Windows that are shown beside their reconstruction, the oddest first.
REBUILT = 10
#: Node under which the ranking of all anomaly nodes together is kept.
RANKING = "ranking"
_MAPS = "map.json"


def mapper_node(plugins: Plugins, **params: Any) -> Node:
    """The node that lays out, before it is known what."""
    from edgewright.registry import resolve
    from edgewright_specs.parameters import resolve_params

    block = resolve(MAPPER, Path.cwd(), plugins)
    return Node("map", block, resolve_params(block.spec, params), (), None, None, limits_of(block), "")


def map_tasks(planner: Planner, mapper: Node) -> list[Task]:
    """Maps of every processing node's features, over the windows of all splits: ``<node>/map``."""
    tasks: list[Task] = []
    for node in planner.processing.values():
        doer = replace(mapper, id=node.id, inputs=(node.id,), place=node.place)
        tasks += [lay_out(doer, planner, planner.parts(doer, SPLITS), "map"), _map_step(node.id)]
    return tasks


def error_tasks(planner: Planner, mapper: Node) -> list[Task]:
    """Maps and clusters of the error by feature, of every node that scores its training as if unseen: ``<node>/errors``."""
    tasks: list[Task] = []
    for node in planner.learning.values():
        if not rebuilds(node, planner):
            continue
        scored = tuple(
            FromTask(f"{node.id}/score/training-{number}", "contributions")
            for number in range(len(planner.samples.chunks("training")))
        )
        described = FromTask(f"{node.id}/describe", "description")
        rows = HostTask(
            id=f"{node.id}/rows/errors", node=node.id, operation="errors", step=_residuals, version=VERSION,
            settings={"scored": [source.task for source in scored], "described": described.task},
            reads=(*scored, described),
        )  # fmt: skip
        part = Part(node.id, rows.id, (rows.id,))
        doer = replace(mapper, id=node.id, place=node.place)
        tasks += [rows, lay_out(doer, planner, (part,), "errors"), _errors_step(node.id, scored, described)]
    return tasks


def rebuilds(node: Node, planner: Planner) -> bool:
    """Whether a node rebuilds windows: its score is an error by feature, of its training windows as if unseen."""
    return (
        node.own_outputs >= {"train_scores", "train_contributions"}
        and planner.description(node.id)["kind"] == "anomaly"
    )


def ranking_tasks(planner: Planner) -> list[Task]:
    """The ranking of training windows by all anomaly nodes, and the oddest beside their reconstruction."""
    nodes = [
        node
        for node in planner.learning.values()
        if not node.regions and planner.description(node.id)["kind"] == "anomaly"
    ]
    if not nodes:
        return []
    count = len(planner.samples.chunks("training"))
    scores = {
        node.id: [FromTask(f"{node.id}/score/training-{number}", "scores") for number in range(count)]
        for node in nodes
    }
    rank = HostTask(
        id=RANKING, node=RANKING, operation="rank", step=_rank, version=VERSION,
        settings={"scores": {name: [source.task for source in sources] for name, sources in scores.items()}},
        reads=tuple(source for sources in scores.values() for source in sources),
    )  # fmt: skip
    drawn: list[Task] = [
        draw_windows(node, planner, Rows(RANKING), "rebuilt")
        for node in nodes
        if rebuilds(node, planner) and node.can("plot")
    ]
    return [rank, *drawn]


def _map_step(node: str) -> HostTask:
    model = FromTask(f"{node}/fit/map", "model")

    def step(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:  # noqa: ARG001
        document, _ = _read_map(inputs[model.task, model.output])
        (out / _MAPS).write_text(json.dumps(document), encoding="utf-8")
        return {"map": _MAPS}

    return HostTask(
        id=f"{node}/map", node=node, operation="map", step=step, version=VERSION, settings={}, reads=(model,)
    )


def _read_map(model: Path) -> tuple[dict[str, Any], NDArray[np.int32] | None]:
    """``map.json`` of what the block laid out, and the clusters where it made some."""

    meta = json.loads((model / "model.json").read_text(encoding="utf-8"))["meta"]
    shares = [*meta["share"], 0.0, 0.0]
    layouts = [
        {
            "name": "PCA",
            "axes": [f"PC {number + 1} ({shares[number]:.0%} of variance)" for number in range(2)],
            "places": load_array(model / "pca.npy").T.round(5).tolist(),
        }
    ]
    if (model / "pacmap.npy").is_file():
        places = load_array(model / "pacmap.npy").T.round(5).tolist()
        layouts.insert(0, {"name": "PaCMAP", "axes": ["PaCMAP 1", "PaCMAP 2"], "places": places})
    rows = load_array(model / "rows.npy")
    clusters = load_array(model / "clusters.npy") if (model / "clusters.npy").is_file() else None
    return {"rows": rows.tolist(), "layouts": layouts, "note": meta["note"]}, clusters


def _residuals(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    """Roots of the errors, in the unit of the features: of squares a single peak would be all that a map shows."""
    import numpy as np

    labels = json.loads(inputs[settings["described"], "description"].read_text(encoding="utf-8"))[
        "contributions"
    ]
    chunks = [load_array(inputs[task, "contributions"], mapped=True) for task in settings["scored"]]
    values = np.concatenate([np.sqrt(np.maximum(chunk, 0)) for chunk in chunks])
    np.save(out / "features.npy", values.astype(np.float32))
    description = {"features": len(labels), "labels": labels, "shape": {"type": "flat", "width": len(labels)}, "dtype": "float32"}  # fmt: skip
    (out / "description.json").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    return {"features": "features.npy", "description": "description.json"}


def _errors_step(node: str, scored: Sequence[FromTask], described: FromTask) -> HostTask:
    """Write ``errors.json``, and the mean error by feature of each cluster as ``error-clusters/profiles.csv``."""
    model = FromTask(f"{node}/fit/errors", "model")

    def step(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:  # noqa: ARG001
        import numpy as np

        document, clusters = _read_map(inputs[model.task, model.output])
        assert clusters is not None
        description = json.loads(inputs[described.task, described.output].read_text(encoding="utf-8"))
        chunks = [load_array(inputs[source.task, source.output], mapped=True) for source in scored]
        errors = np.concatenate(chunks)[np.array(document["rows"], np.intp)]
        count = int(clusters.max()) + 1
        profiles = np.stack(
            [errors[clusters == number].mean(axis=0, dtype=np.float64) for number in range(count)]
        )
        np.save(out / "profiles.npy", profiles.astype(np.float32))
        document |= {"clusters": clusters.tolist(), "labels": description["contributions"]}
        (out / "errors.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        folder = out / "error-clusters"
        folder.mkdir()
        with (folder / "profiles.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["feature", *(f"cluster {number + 1}" for number in range(count))])
            for label, row in zip(description["contributions"], profiles.T, strict=True):
                writer.writerow([label, *(f"{value:.6g}" for value in row)])
        return {"errors": "errors.json", "error_profiles": "profiles.npy", "clusters": "error-clusters"}

    return HostTask(
        id=f"{node}/errors", node=node, operation="errors", step=step, version=VERSION,
        settings={}, reads=(model, described, *scored),
    )  # fmt: skip


def _rank(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    """Write ``ranking.json``, and as ``assignment`` which windows are the oddest."""
    import numpy as np

    from edgewright.scoring.ranking import mean_ranks, ranks

    scores = {
        node: np.concatenate([load_array(inputs[task, "scores"]) for task in tasks])
        for node, tasks in settings["scores"].items()
    }
    mean = mean_ranks(list(scores.values()))
    order = np.argsort(mean, kind="stable")
    document = {
        "windows": order.tolist(),
        "mean_rank": mean[order].tolist(),
        "ranks": {node: ranks(values)[order].tolist() for node, values in scores.items()},
    }
    (out / "ranking.json").write_text(json.dumps(document), encoding="utf-8")
    assignment = np.full(len(mean), NOT_USED, np.int32)
    assignment[order[:REBUILT]] = 0
    np.save(out / "assignment.npy", assignment)
    return {"ranking": "ranking.json", "assignment": "assignment.npy"}

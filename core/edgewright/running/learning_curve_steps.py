"""Tasks that learn from fewer samples than there are, and what that shows of how many are enough."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.planner.plan import INDEX
from edgewright.planner.tasks import NOT_USED, FromTask, HostTask, StepInputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edgewright.planner.nodes import Node
    from edgewright.planner.plan import Planner

VERSION = 2
#: Images to learn from and to score, in all, that a run looks at unasked: as much again as a run over a few hundred.
UNASKED = 1000


def sample_counts(total: int) -> list[int]:
    """How many of ``total`` samples are tried beside all: 10, 20, 50, 100, 200 …

    Examples
    --------
    >>> sample_counts(64), sample_counts(10), sample_counts(201)
    ([10, 20, 50], [], [10, 20, 50, 100, 200])
    """
    counts = (step * 10**power for power in range(1, len(str(total)) + 1) for step in (1, 2, 5))
    return [count for count in counts if count < total]


def wanted_counts(
    node: Node, planner: Planner, selection: Mapping[str, Any], *, asked: bool | Sequence[int] | None
) -> list[int]:
    """How many samples are tried with a node: none where that isn't asked for and isn't cheap, or nothing can be shown."""
    first, last = planner.samples.splits["test"]
    if asked is False or last == first or node.trainer is not None or node.training == "labelled":
        return []
    total = int(selection["samples"])
    if asked is not None and asked is not True:
        return sorted({count for count in asked if 0 < count < total})
    counts = sample_counts(total)
    cheap = planner.samples.window["kind"] == "image" and node.scores_its_training
    cheap &= sum(counts) + len(counts) * (last - first) <= UNASKED
    return counts if asked or cheap else []


def subset_task(node: Node, planner: Planner, count: int) -> HostTask:
    """The step ``<node>/subset/<count>``: what the node's ``select`` wrote, of the first so many samples by the hash of their names.

    So those of a smaller number are among those of a larger one.
    """
    select = f"{node.id}/select"
    arrays = ["assignment", "validation"] if node.wants_validation else ["assignment"]
    return HostTask(
        id=f"{node.id}/subset/{count}", node=node.id, operation="subset", step=_subset, version=VERSION,
        settings={"count": count, "training": list(planner.samples.splits["training"]), "select": select, "arrays": arrays},
        reads=(*(FromTask(select, name) for name in arrays), FromTask(INDEX, "index"), FromTask(INDEX, "samples")),
    )  # fmt: skip


def _subset(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    samples = json.loads(inputs[INDEX, "samples"].read_text(encoding="utf-8"))
    owners = load_array(inputs[INDEX, "index"])["sample"][slice(*settings["training"])]
    arrays = {name: load_array(inputs[settings["select"], name]) for name in settings["arrays"]}
    assignment = arrays["assignment"]
    learned = np.unique(owners[assignment != NOT_USED]).tolist()
    order = sorted(
        learned, key=lambda number: (sha256(str(samples[number]["name"]).encode()).digest(), number)
    )
    kept = np.isin(owners, order[: settings["count"]])
    arrays["assignment"] = np.where(kept, assignment, np.int32(NOT_USED))
    for name, values in arrays.items():
        np.save(out / f"{name}.npy", values)
    return {name: f"{name}.npy" for name in arrays}


def learning_curve_task(node: Node, planner: Planner, counts: Sequence[int]) -> HostTask:
    """The step ``<node>/learning-curve``: writes ``learning_curve.json``, of the subsets and of the model of all samples."""
    chunks = range(len(planner.samples.chunks("test")))
    models = {
        f"{node.id}/{'subset/' + str(count) if count else 'select'}": [
            f"{node.id}/score/{f'subset-{count}' if count else 'test'}-{chunk}" for chunk in chunks
        ]
        for count in (*counts, 0)
    }
    reads = [FromTask(task, "assignment") for task in models]
    reads += [FromTask(task, "scores") for tasks in models.values() for task in tasks]
    return HostTask(
        id=f"{node.id}/learning-curve", node=node.id, operation="learning-curve", step=_draw, version=VERSION,
        settings={
            "models": models, "unit": "images" if planner.samples.window["kind"] == "image" else "recordings", "splits": {name: list(planner.samples.splits[name]) for name in ("training", "test")},
        },
        reads=(*reads, FromTask(INDEX, "index"), FromTask(INDEX, "samples")),
    )  # fmt: skip


def _draw(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    from edgewright.scoring.learning_curve import curve_point, curve_text, enough

    samples = json.loads(inputs[INDEX, "samples"].read_text(encoding="utf-8"))
    index = load_array(inputs[INDEX, "index"])["sample"]
    owners = index[slice(*settings["splits"]["training"])]
    normal = [samples[number]["normal"] for number in index[slice(*settings["splits"]["test"])]]
    points = []
    for chosen, scored in settings["models"].items():
        learned = owners[load_array(inputs[chosen, "assignment"]) != NOT_USED]
        scores = np.concatenate([load_array(inputs[task, "scores"]) for task in scored])
        points.append(curve_point(len(np.unique(learned)), len(learned), scores, normal))
    document: dict[str, Any] = {
        "split": "test",
        "normal": normal.count(True),
        "abnormal": normal.count(False),
        "points": points,
        "enough": None,
        "text": f"No {settings['unit']} of the test split are known to be normal: nothing shows how many are enough.",
    }
    if points[-1]["quantiles"] is not None:
        found = enough(points)
        document |= {
            "enough": None if found is None else points[found]["samples"],
            "text": curve_text(points, settings["unit"]),
        }
    (out / "learning_curve.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return {"learning_curve": "learning_curve.json"}

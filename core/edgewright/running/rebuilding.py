"""Recordings that somebody names, drawn beside their reconstruction by the tasks of a finished run."""

from __future__ import annotations

import difflib
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.planner.models import draw_windows
from edgewright.planner.tasks import NOT_USED, HostTask, Rows
from edgewright.running.fresh import scoring_session
from edgewright.running.map_steps import rebuilds
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from edgewright.planner.tasks import StepInputs
    from edgewright.plugins import Plugins
    from edgewright.running.run import Run
    from edgewright.running.session import Options
    from edgewright_specs.interface import Split

VERSION = 1
#: Windows of one recording, the oddest ones, and of all that are named together.
EACH, MOST = 3, 20
_OPERATIONS = ("fit", "convert", "describe", "transform")


def rebuilt_samples(
    run: Run, names: Sequence[str], options: Options, plugins: Plugins
) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    """Windows of some recordings beside their reconstruction, by every node that rebuilds windows.

    What was drawn before comes from the store; the run stays as it is.

    Parameters
    ----------
    run : Run
        A finished run.
    names : sequence of str
        Recordings of any split, by name or file; at most ``MOST`` of them.
    options, plugins
        How to run the tasks that draw.

    Returns
    -------
    dict of str to list of (int, dict)
        By node: the row of a window in the run's index, and its plot, in the order of the names, the oddest first.

    Raises
    ------
    UsageError
        No such recording, too many of them, or no node that rebuilds windows.
    """
    samples = samples_called(run, names)
    found: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    with scoring_session(run, options, plugins, operations=_OPERATIONS) as session:
        session.open_run_planner(run)
        planner, engine = session.planner, session.engine
        nodes = [node for node in planner.learning.values() if rebuilds(node, planner) and node.can("plot")]
        if not nodes:
            raise UsageError(
                f"{run.path}: has no node that rebuilds windows, so there is no reconstruction to show",
                hint="blocks that do: pca_reconstruction, autoencoder",
            )
        for node in nodes:
            wanted = _oddest(run, node.id, samples)
            drawn: dict[int, dict[str, Any]] = {}
            for split, rows in _by_split(run, wanted):
                first, last = planner.samples.splits[split]
                chosen = _choose(node.id, split, [row - first for row in rows], last - first)
                task = draw_windows(node, planner, Rows(chosen.id), f"named-{split}", split)
                engine.run([chosen, task])
                plots = json.loads(engine.path(task.id, "plots").read_text(encoding="utf-8"))["plots"]
                drawn |= dict(zip(rows, beside(plots), strict=False))
            found[node.id] = [(row, drawn[row]) for row in wanted if row in drawn]
    return found


def samples_called(run: Run, names: Sequence[str]) -> list[int]:
    """Numbers of the recordings that are called so, each once. Raises UsageError that names those nearest to a name."""
    by_name: dict[str, int] = {}
    for number, sample in enumerate(run.samples):
        for name in (sample["file"], sample["name"]):
            by_name.setdefault(str(name), number)
    unknown = [name for name in names if name not in by_name]
    if unknown:
        near = difflib.get_close_matches(unknown[0], list(by_name), n=3, cutoff=0.3) or list(by_name)[:3]
        raise UsageError(
            f"{run.path}: has no recording {unknown[0]!r}",
            hint=f"its recordings are called {', '.join(near)}, …",
        )
    numbers = list(dict.fromkeys(by_name[name] for name in names))
    if len(numbers) > MOST:
        raise UsageError(
            f"{len(numbers)} recordings are too many to show at once", hint=f"name at most {MOST}"
        )
    return numbers


def beside(plots: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those plots of a block that show a window and its reconstruction, in the order of its windows."""
    return [
        dict(plot)
        for plot in plots
        if [line["name"] for line in plot.get("series", ())] == ["original", "reconstructed"]
    ]


def _oddest(run: Run, node: str, samples: Sequence[int]) -> list[int]:
    """Rows of the windows to show: the highest scores of each recording."""
    import numpy as np

    each = max(min(EACH, MOST // len(samples)), 1)
    scores = np.concatenate([np.asarray(run.scores(node, split), np.float64) for split in SPLITS])
    first = np.concatenate([np.arange(*run.rows(split)) for split in SPLITS])
    by_row = dict(zip(first.tolist(), scores.tolist(), strict=True))
    owners = np.asarray(run.index["sample"])
    rows: list[int] = []
    for sample in samples:
        own = [row for row in np.flatnonzero(owners == sample).tolist() if row in by_row]
        rows += sorted(own, key=lambda row: -by_row[row])[:each]
    return rows


def _by_split(run: Run, rows: Sequence[int]) -> list[tuple[Split, list[int]]]:
    """The same rows by the split that holds them, ascending as a task sees them."""
    parts: dict[Split, list[int]] = defaultdict(list)
    for split in SPLITS:
        first, last = run.rows(split)
        parts[split] = sorted(row for row in rows if first <= row < last)
    return [(split, own) for split, own in parts.items() if own]


def _choose(node: str, split: Split, rows: Sequence[int], count: int) -> HostTask:
    """The step that says which windows of a split are drawn."""
    return HostTask(
        id=f"{node}/named/{split}", node=node, operation="named", step=_chosen, version=VERSION,
        settings={"rows": list(rows), "count": count},
    )  # fmt: skip


def _chosen(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:  # noqa: ARG001
    import numpy as np

    assignment = np.full(settings["count"], NOT_USED, np.int32)
    assignment[settings["rows"]] = 0
    np.save(out / "assignment.npy", assignment)
    return {"assignment": "assignment.npy"}

"""Labels from what a run found by itself: its clusters, or what it decided to be odd."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from edgewright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.running.run import Run

From = Literal["error-clusters", "kmeans", "score"]
NORMAL, ANOMALY = "normal", "anomaly"


@dataclass(frozen=True)
class Labelled:
    """A recording with its label and the highest score of its windows."""

    file: str
    part: str
    label: str
    score: float


def label(run: Run, source: From, *, node: str | None = None, top: int | None = None) -> list[Labelled]:
    """Label the recordings that a run learned from, the oddest first.

    Parameters
    ----------
    run : Run
    source : {"error-clusters", "kmeans", "score"}
        ``error-clusters``: ``cluster-1`` (the largest) and on, by what the reconstruction leaves; ``kmeans``: the nearest
        cluster of a K-means node. Of several windows the most frequent, the oddest where they tie. ``score``: ``anomaly`` or
        ``normal``, as decided by the threshold.
    node : str, optional
        Which learning node; needed where several could be meant. For ``score`` none means all together.
    top : int, optional
        With ``score``: so many recordings are anomalies, the oddest ones, whatever the threshold.

    Raises
    ------
    UsageError
        The run has no such node, or nothing of the kind.
    """
    if top is not None and source != "score":
        raise UsageError(f"--top doesn't go with --from {source}", hint="it goes with --from score")
    if source == "score":
        return _by_score(run, node, top)
    if source == "error-clusters":
        found = _only(
            run,
            node,
            lambda name: run.errors(name) is not None,
            "clusters of errors",
            "explore with pca_reconstruction",
        )
        document = run.errors(found)
        assert document is not None
        rows, clusters = document["rows"], document["clusters"]
    else:
        found = _only(
            run,
            node,
            lambda name: _block(run, name) == "kmeans",
            "clusters of K-means",
            "add a node of block kmeans",
        )
        first, last = run.rows("training")
        rows, clusters = range(first, last), _nearest(run, found).tolist()
    return _by_cluster(run, rows, clusters, _scores(run, [found]))


def _by_cluster(
    run: Run, rows: Sequence[int], clusters: Sequence[int], scores: NDArray[np.float64]
) -> list[Labelled]:
    members: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for row, cluster in zip(rows, clusters, strict=True):
        members[int(run.index[row]["sample"])].append((float(scores[row]), cluster))
    found = []
    for sample, windows in members.items():
        counts = Counter(cluster for _, cluster in windows)
        most = max(counts.values())
        score, _ = max(windows)
        _, cluster = max(window for window in windows if counts[window[1]] == most)
        found.append(_labelled(run, sample, f"cluster-{cluster + 1}", score))
    return sorted(found, key=lambda one: -one.score)


def _by_score(run: Run, node: str | None, top: int | None) -> list[Labelled]:
    nodes = run.anomaly_nodes
    if node is not None and node not in nodes:
        raise UsageError(
            f"{run.path}: has no anomaly node {node!r}",
            hint=f"its anomaly nodes: {', '.join(nodes) or 'none'}",
        )
    if not nodes:
        raise UsageError(
            f"{run.path}: has no anomaly node, so no score", hint="add a node of a block such as kmeans"
        )
    chosen = [node] if node else nodes
    scores = _scores(run, chosen)
    best: dict[int, float] = {}
    for row, sample in enumerate(
        run.index["sample"][slice(*run.rows("training"))].tolist(), run.rows("training")[0]
    ):
        best[sample] = max(best.get(sample, -float("inf")), float(scores[row]))
    order = sorted(best, key=lambda sample: -best[sample])
    if top is not None:
        if not 1 <= top <= len(order):
            raise UsageError(f"--top {top} of {len(order)} recordings", hint=f"allowed: 1 to {len(order)}")
        odd = set(order[:top])
    else:
        odd = set()
        for name in chosen:
            decisions = run.decisions(name)
            if decisions["split"] != "training":
                raise UsageError(
                    f"{run.path}: it decided on the split {decisions['split']}, whose labels are known",
                    hint="explore unlabelled recordings (`split: none`), or give --top N",
                )
            odd |= {int(row["sample"]) for row in decisions["recordings"] if row["anomalous"]}
    return [_labelled(run, sample, ANOMALY if sample in odd else NORMAL, best[sample]) for sample in order]


def _scores(run: Run, nodes: Sequence[str]) -> NDArray[np.float64]:
    """How odd each row of the index is: the score of one node, or less the mean place by several; training alone is filled."""
    import numpy as np

    from edgewright.scoring.ranking import mean_ranks

    first, last = run.rows("training")
    values = [np.asarray(run.scores(node, "training"), np.float64) for node in nodes]
    whole = np.full(len(run.index), -np.inf)
    whole[first:last] = values[0] if len(values) == 1 else -mean_ranks(values)
    return whole


def _nearest(run: Run, node: str) -> NDArray[np.intp]:
    """The nearest cluster of each training window, the largest cluster first."""
    import numpy as np

    space: dict[str, Any] = next(plot for plot in run.plots(node) if plot.get("kind") == "space")
    parts = [run.features(name, "training") for name in run.inputs_of(node)]
    labels = [name for part in parts for name in part.labels]
    columns = [labels.index(name) for name in space["dimensions"]]
    values = np.concatenate([part.values for part in parts], axis=1)[:, columns].astype(np.float64)
    z = (values - np.asarray(space["mean"])) / np.asarray(space["scale"])
    centers = np.asarray([ball["center"] for ball in space["balls"]], np.float64)
    distance = np.stack([np.square(z - center).sum(axis=1) for center in centers], axis=1)
    found = distance.argmin(axis=1)
    order = np.argsort(-np.bincount(found, minlength=len(centers)), kind="stable")
    nearest: NDArray[np.intp] = np.argsort(order)[found]
    return nearest


def _only(run: Run, node: str | None, fits: Callable[[str], bool], what: str, hint: str) -> str:
    fitting = [name for name in run.node_ids("learning") if fits(name)]
    if node is not None:
        if node not in fitting:
            raise UsageError(
                f"{run.path}: node {node!r} has no {what}",
                hint=f"nodes that have: {', '.join(fitting) or 'none'}",
            )
        return node
    if not fitting:
        raise UsageError(f"{run.path}: has no {what}", hint=f"{hint}; docs/explore.md")
    if len(fitting) > 1:
        raise UsageError(
            f"{run.path}: {len(fitting)} nodes have {what}", hint=f"--node: {', '.join(fitting)}"
        )
    return fitting[0]


def _block(run: Run, node: str) -> str:
    return next(str(entry["block"]) for entry in run.nodes if entry["id"] == node)


def _labelled(run: Run, sample: int, label: str, score: float) -> Labelled:
    entry = run.samples[sample]
    return Labelled(str(entry["file"]), str(entry["name"]).partition("#")[2], label, score)

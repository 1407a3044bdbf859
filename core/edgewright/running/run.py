"""A run read back from its folder: what the report, ``score``, ``test`` and notebooks look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.planner.tasks import Rows
from edgewright.running.combination_step import DECISION
from edgewright.running.run_data import RunData
from edgewright.running.verification import read_verification
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.scoring import RocMetrics


@dataclass(frozen=True)
class Labelled:
    """Values with a label for each column."""

    values: NDArray[Any]
    labels: tuple[str, ...]


class Run(RunData):
    """One run folder: its record, its data, and what its nodes made of them.

    Parameters
    ----------
    path : Path or str
        Folder that holds ``run.json``.

    Raises
    ------
    UsageError
        ``path`` is not a run folder.
    """

    @property
    def deciding_nodes(self) -> list[str]:
        """Learning nodes that say something of a window: not one whose regions do."""
        drawn = set(self.regions.values())
        return [node for node in self.node_ids("learning") if node not in drawn]

    @property
    def anomaly_nodes(self) -> list[str]:
        """Learning nodes that decide by an anomaly score."""
        return [node for node in self.deciding_nodes if self.description(node)["kind"] == "anomaly"]

    @property
    def combined(self) -> bool:
        """Whether several nodes decide together: ``decisions("decision")`` and ``metrics("decision")`` tell what."""
        return (self.path / "outputs" / DECISION / "metrics.json").is_file()

    def features(self, node: str, split: str) -> Labelled:
        """Features of one processing node over the windows of a split, ``(n, f)``, with labels."""
        labels = tuple(self.description(node)["labels"])
        values = self._chunks(node, "features", split)
        if values is None:
            import numpy as np

            values = np.zeros((0, len(labels)), np.float32)
        return Labelled(values, labels)

    def importance(self, node: str) -> dict[str, Any] | None:
        """How well each feature of a node tells the labels of the training windows apart; None where nobody asked."""
        return self._optional(node, "importance.json")

    def scores(self, node: str, split: str) -> NDArray[Any]:
        """Anomaly scores of the windows of a split, ``(n,)``."""
        import numpy as np

        values = self._chunks(node, "scores", split)
        return np.zeros(0) if values is None else values

    def probabilities(self, node: str, split: str) -> NDArray[Any]:
        """Probabilities of the classes over the windows of a split, ``(n, classes)``."""
        import numpy as np

        values = self._chunks(node, "probabilities", split)
        return np.zeros((0, len(self.description(node)["classes"]))) if values is None else values

    def contributions(self, node: str, split: str) -> Labelled | None:
        """Each feature's contribution to the score, ``(n, k)``, or None where the block gives none."""
        values = self._chunks(node, "contributions", split)
        return None if values is None else Labelled(values, tuple(self.description(node)["contributions"]))

    def in_float32(self, node: str, split: str) -> NDArray[np.float32] | None:
        """What a node that computes in integers would give in float32, ``(n, 1)`` or ``(n, classes)``; None of others."""
        return self._chunks(node, "in_float32", split)

    def maps(self, node: str, split: str) -> NDArray[np.float32] | None:
        """Anomaly scores by cell of the images of a split, ``(n, rows, columns)``, or None where the block gives none.

        Of a region they are NaN outside of it.
        """
        if node not in self.regions:
            return self._chunks(node, "map", split)
        from edgewright.scoring import region_maps

        maps = self._chunks(self.regions[node], "map", split)
        return None if maps is None else region_maps(maps, self.params(node))

    def nearest(self, node: str, split: str) -> NDArray[np.int32] | None:
        """What the largest cell of each map was compared with, ``(n, 3)``: a row of :attr:`index`, a row and a column of its map.

        None where the block gives none; the row is −1 where it names no window that the node learned from.
        """
        import numpy as np

        found = self._chunks(node, "nearest", split)
        if found is None:
            return None
        folder = self.path / "outputs" / node
        kept = Rows("", part="learned" if (folder / "validation.npy").is_file() else None)
        learned = self.rows("training")[0] + kept.of(
            *(np.load(folder / f"{name}.npy") for name in kept.outputs())
        )
        named = (found[:, 0] >= 0) & (found[:, 0] < len(learned))
        nearest = np.array(found)
        nearest[:, 0] = np.where(named, learned[np.where(named, found[:, 0], 0)], -1)
        return nearest

    def map_scale(self, node: str) -> tuple[float, float]:
        """Scores of places that are drawn palest and strongest, by the maps of the whole data set."""
        document = self._json(self.regions.get(node, node), "scale.json")
        return float(document["low"]), float(document["high"])

    def held_out(self, node: str) -> NDArray[Any] | None:
        """Scores of the normal training windows by models that had not seen them, or None."""
        import numpy as np

        path = self.path / "outputs" / node / "held_out.npy"
        return np.load(path) if path.exists() else None

    def threshold(self, node: str) -> dict[str, Any]:
        """Threshold of an anomaly node: value, method, target, p-value table, what every rule gives."""
        threshold: dict[str, Any] = self._json(node, "threshold.json")
        return threshold

    def decisions(self, node: str) -> dict[str, Any]:
        """Decisions over the test split: ``windows`` and ``recordings`` tables."""
        decisions: dict[str, Any] = self._json(node, "decisions.json")
        return decisions

    def metrics(self, node: str) -> dict[str, Any]:
        """Metrics over the test split, by window and by recording."""
        metrics: dict[str, Any] = self._json(node, "metrics.json")
        return metrics

    def pixels(self, node: str) -> dict[str, Any] | None:
        """What a node's maps are worth beside the masks of the test split; None without masks, or without maps."""
        return self._optional(node, "pixels.json")

    def learning_curve(self, node: str) -> dict[str, Any] | None:
        """What models of 10, 20, 50 … samples make of the test split, and how many are enough; None where nobody looked."""
        return self._optional(node, "learning_curve.json")

    def roc(self, node: str, *, table: str = "windows", label: str | None = None) -> RocMetrics | None:
        """ROC and precision–recall curve of a node over the test split.

        Parameters
        ----------
        node : str
            An anomaly node, or a classification node.
        table : {"windows", "recordings"}
        label : str, optional
            The class, of a classification node: its probability against all other classes.

        Returns
        -------
        RocMetrics or None
            None where the split has not both kinds.

        Raises
        ------
        UsageError
            A node without curves, another table, or no such class.
        """
        from edgewright.scoring import RocMetrics

        if table not in ("windows", "recordings"):
            raise UsageError(f"roc: got table {table!r}, must be 'windows' or 'recordings'")
        curves = self._json(node, "roc.json")[table]
        classes = self.description(node).get("classes") or []
        if classes:
            if label not in classes:
                raise UsageError(f"roc: got label {label!r}, must be one of {', '.join(classes)}")
            curves = (curves or {}).get(label)
        elif label is not None:
            raise UsageError(f"roc: node {node!r} has no classes, so label must be left out")
        return None if curves is None else RocMetrics.from_document(curves)

    def plots(self, node: str) -> list[dict[str, Any]]:
        """What a node draws of what it learned."""
        document = self._optional(node, "plots.json") or {}
        return list(document.get("plots", ()))

    def map(self, node: str) -> dict[str, Any] | None:
        """Windows of a processing node laid out: ``rows`` of :attr:`index`, ``layouts``, a ``note``; None where nobody asked."""
        return self._optional(node, "map.json")

    def errors(self, node: str) -> dict[str, Any] | None:
        """Training windows laid out by their error by feature, with ``clusters`` and ``labels``; None without exploration."""
        return self._optional(node, "errors.json")

    @property
    def ranking(self) -> dict[str, Any] | None:
        """Training windows, the oddest by all anomaly nodes first; None without exploration."""
        return self._optional("ranking", "ranking.json")

    def model(self, node: str) -> Path:
        """Folder of a learning node's model."""
        return self.path / "outputs" / node / "model"

    def package(self, target: str) -> Path:
        """Folder of a target's package."""
        return self.path / "outputs" / target / "package"

    def verification(self, target: str) -> dict[str, Any] | None:
        """What the self-test of a target's package found; None where it wasn't run."""
        path = self.path / "outputs" / target / "verification.json"
        if not path.is_file():
            return None
        return read_verification(path, self.path / "outputs" / "assemble" / "impulse")

    def _chunks(self, node: str, name: str, split: str) -> NDArray[Any] | None:
        import numpy as np

        if split not in SPLITS:
            raise UsageError(f"unknown split {split!r}", hint=f"splits: {', '.join(SPLITS)}")
        paths = sorted(
            (self.path / "outputs" / node).glob(f"{name}-{split}-*.npy"),
            key=lambda path: int(path.stem.rsplit("-", 1)[1]),
        )
        if not paths:
            return None
        arrays: Sequence[NDArray[Any]] = [np.load(path, mmap_mode="r") for path in paths]
        return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)

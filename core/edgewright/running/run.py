"""A run read back from its folder: what the report, ``score``, ``test`` and notebooks look at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.planner.tasks import Rows
from edgewright.running.combination_step import DECISION
from edgewright.running.verification import read_verification
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.scoring import RocMetrics


@dataclass(frozen=True)
class Labelled:
    """Values with a label for each column."""

    values: NDArray[Any]
    labels: tuple[str, ...]


class Run:
    """One run folder.

    Parameters
    ----------
    path : Path or str
        Folder that holds ``run.json``.

    Raises
    ------
    UsageError
        ``path`` is not a run folder.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not (self.path / "run.json").is_file():
            raise UsageError(
                f"{self.path}: not a run folder (it has no run.json)",
                hint="`edgewright runs ls` lists the runs here",
            )

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.record['status']})"

    # -- documents --------------------------------------------------------------------------------------------------

    def _json(self, *parts: str) -> Any:
        path = self.path.joinpath("outputs", *parts)
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError(
                f"{path}: this run has no such output",
                hint=f"its status is {self.record['status']!r}; run `edgewright run {self.path / 'impulse.yaml'}` again",
            ) from None

    @cached_property
    def record(self) -> dict[str, Any]:
        """``run.json``."""
        document: dict[str, Any] = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        return document

    @cached_property
    def lock(self) -> dict[str, Any]:
        """``impulse.lock``."""
        document: dict[str, Any] = json.loads((self.path / "impulse.lock").read_text(encoding="utf-8"))
        return document

    @property
    def images(self) -> dict[str, str]:
        """Which image each image reference of the impulse stood for, whatever its tag means by now."""
        try:
            return dict(self.lock.get("images", {}))
        except FileNotFoundError:  # it ended before anything was trained
            return {}

    @property
    def locked_blocks(self) -> dict[str, Any]:
        """Blocks as the run had them, by digest; none where it ended before anything was trained."""
        try:
            return dict(self.lock["blocks"])
        except FileNotFoundError:
            return {}

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """Nodes in the order of the impulse: id, type, block, inputs."""
        nodes: list[dict[str, Any]] = self.record.get("nodes", [])
        return nodes

    def node_ids(self, kind: str) -> list[str]:
        """Ids of the nodes of one type: ``processing``, ``learning`` or ``deployment``."""
        return [node["id"] for node in self.nodes if node["type"] == kind]

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
    def regions(self) -> dict[str, str]:
        """Nodes that decide by a region of the images, and the node whose maps they read."""
        return {node["id"]: node["region_of"] for node in self.nodes if "region_of" in node}

    def params(self, node: str) -> dict[str, Any]:
        """Parameters of a node; of one of a region ``box`` or ``polygon``, and ``min_cells``."""
        return next(dict(entry["params"]) for entry in self.nodes if entry["id"] == node)

    @property
    def combined(self) -> bool:
        """Whether several nodes decide together: ``decisions("decision")`` and ``metrics("decision")`` tell what."""
        return (self.path / "outputs" / DECISION / "metrics.json").is_file()

    # -- data -------------------------------------------------------------------------------------------------------

    @cached_property
    def samples(self) -> list[dict[str, Any]]:
        """Samples: name, file, label, split, normal, offset and length in :attr:`signal`, group, metadata."""
        samples: list[dict[str, Any]] = self._json("data", "samples.json")
        return samples

    def samples_of(self, node: str) -> list[dict[str, Any]]:
        """Samples as a node is judged by: for one of a region they are abnormal only where their defect touches it."""
        if node not in self.regions or self.masks is None:
            return self.samples
        from edgewright.scoring import region_samples

        return region_samples(self.samples, self.masks, self.params(node))

    @cached_property
    def windows_info(self) -> dict[str, Any]:
        """``windows.json``: rows of each split, length, stride, axes, frequency."""
        info: dict[str, Any] = self._json("data", "windows.json")
        return info

    @property
    def of_images(self) -> bool:
        """Whether its samples are images, each one window."""
        return self.windows_info.get("kind") == "image"

    @cached_property
    def signal(self) -> NDArray[Any]:
        """All samples on end, ``(total, axes)`` float32, or images ``(total, h, w, c)`` uint8, mapped from disk."""
        import numpy as np

        signal: NDArray[Any] = np.load(self.path / "outputs" / "data" / "signal.npy", mmap_mode="r")
        return signal

    @cached_property
    def index(self) -> NDArray[Any]:
        """Windows: structured ``(sample, start, valid)``, sorted by split."""
        import numpy as np

        index: NDArray[Any] = np.load(self.path / "outputs" / "data" / "index.npy", mmap_mode="r")
        return index

    def rows(self, split: str) -> tuple[int, int]:
        """First row of a split in :attr:`index` and the one after its last."""
        first, last = self.windows_info["splits"].get(split, (0, 0))
        return int(first), int(last)

    @cached_property
    def masks(self) -> NDArray[np.bool_] | None:
        """Where images are defective, ``(masks, height, width)``: ``mask`` of a sample is its row; None without any."""
        import numpy as np

        path = self.path / "outputs" / "data" / "masks.npy"
        return np.load(path, mmap_mode="r") if path.exists() else None

    def window(self, row: int) -> NDArray[Any]:
        """One window, ``(length, axes)``, zero-padded where the sample ends, or one image ``(height, width, channels)``."""
        import numpy as np

        from edgewright.data import windows

        cut: NDArray[Any] = windows(self.signal, self.index, np.array([row]), self.windows_info["length"])[0]
        return cut

    # -- nodes ------------------------------------------------------------------------------------------------------

    def description(self, node: str) -> dict[str, Any]:
        """What a node says of its outputs."""
        description: dict[str, Any] = self._json(node, "description.json")
        return description

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
        if not (self.path / "outputs" / node / "importance.json").is_file():
            return None
        document: dict[str, Any] = self._json(node, "importance.json")
        return document

    def suggestion(self, node: str) -> dict[str, Any] | None:
        """The ``features`` that the run chose for a learning node, and the ``note`` that says why; None where it didn't."""
        found: dict[str, Any] | None = next(
            (entry.get("suggested") for entry in self.nodes if entry["id"] == node), None
        )
        return found

    def choices(self, node: str) -> list[dict[str, Any]]:
        """The parameters that a node's block chose for the device: ``parameter``, ``value`` and ``reason`` of each."""
        return next((list(entry.get("chosen") or ()) for entry in self.nodes if entry["id"] == node), [])

    def inputs_of(self, node: str) -> list[str]:
        """Ids of the nodes that a node reads."""
        return next(list(entry["inputs"]) for entry in self.nodes if entry["id"] == node)

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
        path = self.path / "outputs" / node / "plots.json"
        if not path.exists():
            return []
        plots: list[dict[str, Any]] = self._json(node, "plots.json")["plots"]
        return plots

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

    def _optional(self, *parts: str) -> dict[str, Any] | None:
        if not self.path.joinpath("outputs", *parts).is_file():
            return None
        document: dict[str, Any] = self._json(*parts)
        return document

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

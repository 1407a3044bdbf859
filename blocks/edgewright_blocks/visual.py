"""Visual anomaly detection without an impulse: the block ``visual_anomaly`` over arrays of images, and ways to look at its maps.

Scores are raw: unclamped, the same for an image whatever stands beside it. Needs ``pip install 'edgewright[vision]'``.
"""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_blocks.learning.visual_anomaly import patchcore
from edgewright_blocks.learning.visual_anomaly.backbone import (
    Backbone,
    between,
    builtin_backbone,
    file_backbone,
    grid,
)
from edgewright_blocks.learning.visual_anomaly.block import (
    cell_sources,
    image_scores,
    learn_model,
    seen_cells,
)
from edgewright_blocks.learning.visual_anomaly.efficientnet import NAME
from edgewright_blocks.learning.visual_anomaly.scoring import Scorer
from edgewright_blocks.learning.visual_anomaly.smoothing import smoothed
from edgewright_blocks.visual_maps import PercentileNormalizer, anomaly_map_overlay, pixels_of, view_results
from edgewright_sdk import BlockError, Context, Model, Params, Windows
from edgewright_specs.parameters import load_block_spec, resolve_params

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from edgewright_blocks.visual_maps import Images

    Resize = Callable[..., NDArray[np.uint8]]

__all__ = ["PatchCore", "PercentileNormalizer", "Prediction", "anomaly_map_overlay", "view_results"]

_FOLDER = Path(__file__).parent / "learning" / "visual_anomaly"
_SAVED_SCORES = "held_out"


@dataclass(frozen=True)
class Prediction:
    """What is said of ``n`` images.

    Attributes
    ----------
    scores : np.ndarray [shape=(n,), dtype=float32]
        Of the worst cell, or the ``min_cells``-th worst: higher is more anomalous.
    means : np.ndarray [shape=(n,), dtype=float32]
        Mean over the cells.
    maps : list of np.ndarray [shape=(height, width), dtype=float32]
        Scores at the size in which each image was given.
    cells : np.ndarray [shape=(n, rows, columns), dtype=float32]
        The scores themselves.
    nearest : np.ndarray [shape=(n, rows, columns, 3), dtype=int32]
        Training image, row and column of the normal cell that each was compared with.
    """

    scores: NDArray[np.float32]
    means: NDArray[np.float32]
    maps: list[NDArray[np.float32]]
    cells: NDArray[np.float32]
    nearest: NDArray[np.int32]


class PatchCore:
    """A detector that learns from normal images.

    Parameters
    ----------
    backbone : str or Path
        ``efficientnet-lite0``, or an ONNX file (see the block's README).
    taps : sequence of str
        Of an ONNX file.
    layers, pool_size, sampling_ratio, neighbours, bank, smoothing, min_cells, memory_limit
        The block's parameters.
    size : (height, width), optional
        What images are brought to; by default all must have the size of the first one.
    resize : callable, optional
        ``resize(image, width=…, height=…, channels=…)``: ``edgewright.data.resize.resize`` gives the same pixels as impulses and
        devices do.
    strict_size : bool
        Refuse images of another size than the model's instead of resizing them.
    seed : int
    threads : int, optional
        By default as many as the process may use; scores don't depend on it.
    fpr : float in (0, 1)
        Share of normal images that may be called anomalous: decides ``threshold_``.

    Raises
    ------
    ValueError
        For a parameter that the block's spec doesn't allow.

    Attributes
    ----------
    model_ : Model
        What the block learned; ``save`` writes it as a run does.
    held_out_ : np.ndarray [shape=(n,)]
        Score of each training image without its own cells, and without those of its group.
    threshold_ : float
        Read from ``held_out_``; NaN of one image, which leaves none to hold out, and of a run's model.
    normalizer_ : PercentileNormalizer
        One scale for maps of all images, by which normal ones look calm; saved with the model.
    """

    def __init__(
        self,
        *,
        backbone: str | Path = NAME,
        taps: Sequence[str] = (),
        layers: int = 2,
        pool_size: int = 3,
        sampling_ratio: float = 0.01,
        neighbours: int = 9,
        bank: str = "float32",
        smoothing: bool = True,
        min_cells: int = 1,
        memory_limit: float = 2000,
        size: tuple[int, int] | None = None,
        resize: Resize | None = None,
        strict_size: bool = False,
        seed: int = 0,
        threads: int | None = None,
        fpr: float = 0.01,
    ) -> None:
        self.backbone, self.taps = backbone, list(taps)
        given = {
            "scoring": "patchcore",
            "layers": layers,
            "pool_size": pool_size,
            "sampling_ratio": sampling_ratio,
            "neighbours": neighbours,
            "bank": bank,
            "smoothing": smoothing,
            "min_cells": min_cells,
            "memory_limit": memory_limit,
        }
        self.params = Params(resolve_params(load_block_spec(_FOLDER), given))
        if not 0 < fpr < 1:
            raise ValueError(f"fpr is {fpr}; allowed: a rate between 0 and 1")
        self.size, self.resize, self.strict_size = size, resize, strict_size
        self.context = Context(seed=seed, threads=threads or _processors())
        self.fpr = fpr
        self._scorer: Scorer | None = None

    def fit(self, images: Images, groups: Sequence[Any] | None = None) -> PatchCore:
        """Learn from normal images.

        Parameters
        ----------
        images : array or sequence of arrays [shape=(height, width) or (height, width, 1 or 3), dtype=uint8]
        groups : sequence, optional
            What each image shows (a place, a part, a camera): images of one group are left out together in ``held_out_``, which
            several images of one thing would make too low.

        Raises
        ------
        ValueError
            For images, groups or parameters that can't work.
        """
        train = self._windows(images, None if self.size is None else [*self.size])
        context = self.context
        if groups is not None:
            if len(groups) != len(train):
                raise ValueError(f"there are {len(train)} images and {len(groups)} groups; give one an image")
            folds = np.unique(np.asarray(groups), return_inverse=True)[1]
            context = replace(context, folds=folds.astype(np.int32))
        try:
            self.model_ = learn_model(train, self._backbone(train), self.params, context)
        except BlockError as error:
            raise ValueError(str(error)) from error
        assert self.model_.train_scores is not None
        assert self.model_.train_map is not None
        self.normalizer_ = PercentileNormalizer().fit(self.model_.train_map, self.model_.train_map)
        return self._hold(self.model_.train_scores)

    def add(self, images: Images) -> PatchCore:
        """Learn from more normal images: kept cells stay, and those of the new images that are far from them are added.

        Scores as if unseen of the images learned before stay as they were, though a larger bank can only lower them: the
        threshold errs towards fewer alarms, until the next ``fit``.
        """
        model, train = self._trained, self._windows(images, self._trained.meta["size"])
        bank, before = _bank(model), int(model.arrays["owners"].max()) + 1
        groups = np.arange(before, before + len(train), dtype=np.int32)
        try:
            learned = patchcore.learn(
                seen_cells(train, self._known),
                images=len(train),
                ratio=float(self.params.sampling_ratio),
                neighbours=int(self.params.neighbours),
                kind=str(self.params.bank),
                memory=float(self.params.memory_limit),
                groups=groups,
                context=self.context,
                before=bank,
            )
        except BlockError as error:
            raise ValueError(str(error)) from error
        sources = cell_sources(learned.places, model.meta["size"])
        sources[:, 0] += len(self.held_out_)
        parts = seen_cells(train, self._known) if learned.held is None else np.split(learned.held, len(train))
        maps = patchcore.unseen_maps(learned.bank, parts, groups, self.context)
        maps = maps.reshape(-1, *grid(*model.meta["size"]))
        if model.meta.get("smoothing"):
            maps = smoothed(maps)
        arrays = {
            **learned.bank.arrays(),
            "sources": np.concatenate([model.arrays["sources"], sources]),
        }
        self.model_ = Model(model.meta, arrays, networks=model.networks)
        return self._hold(np.concatenate([self.held_out_, image_scores(maps, int(self.params.min_cells))]))

    def predict(self, images: Images) -> Prediction:
        """Score images."""
        model = self._trained
        given = pixels_of(images)
        windows = self._windows(given, model.meta["size"])
        if self._scorer is None or self._scorer.model is not model:
            self._scorer = Scorer(model, self.context.threads)
        cells, nearest = self._scorer(windows.values)
        assert nearest is not None
        maps = [_enlarged(scores, *image.shape[:2]) for scores, image in zip(cells, given, strict=True)]
        scores, means = image_scores(cells, int(self.params.min_cells)), cells.mean(axis=(1, 2))
        return Prediction(scores, means, maps, cells, model.arrays["sources"][nearest])

    def classify(self, images: Images, threshold: float | None = None) -> NDArray[np.bool_]:
        """Say which images are anomalous: those whose score lies above `threshold`, by default ``threshold_``."""
        scores = self.predict(images).scores
        limit = self.threshold_ if threshold is None else threshold
        if np.isnan(limit):
            raise ValueError(
                "there is no threshold: one image leaves none to hold out, and the model of a run comes without one; give `threshold`"
            )
        return scores > limit

    def save(self, folder: Path) -> None:
        """Write the model into a new folder, as a run keeps it: JSON, arrays and ONNX."""
        model = self._trained
        arrays = {**model.arrays, _SAVED_SCORES: np.asarray(self.held_out_, np.float32)}
        meta = {**model.meta, "params": json.loads(json.dumps(dict(self.params))), "fpr": self.fpr}
        if hasattr(self, "normalizer_"):
            meta["bounds"] = list(self.normalizer_.bounds_)
        Model(meta, arrays, networks=model.networks).save(folder)

    @classmethod
    def load(cls, folder: Path, **given: Any) -> PatchCore:
        """Read what :meth:`save` wrote, or the model of a run; `given` are arguments as of the class."""
        model = Model.load(folder)
        if model.meta.get("scoring") != "patchcore":
            raise ValueError(
                f"{folder} holds no PatchCore model, but {model.meta.get('scoring', 'another one')}"
            )
        made = cls(**given)
        if "params" in model.meta:
            made.params, made.fpr = Params(model.meta["params"]), given.get("fpr", model.meta["fpr"])
        made.model_ = model
        if "bounds" in model.meta:
            made.normalizer_ = PercentileNormalizer()
            made.normalizer_.bounds_ = model.meta["bounds"][0], model.meta["bounds"][1]
        return made._hold(model.arrays.get(_SAVED_SCORES, np.zeros(0, np.float32)))

    @property
    def _trained(self) -> Model:
        if not hasattr(self, "model_"):
            raise ValueError("this PatchCore has learned nothing yet: call fit first")
        return self.model_

    @property
    def _known(self) -> Backbone:
        known = self._trained.meta["backbone"]
        return Backbone(
            known["name"], known["sha256"], self._trained.networks["backbone"], self.context.threads
        )

    def _hold(self, scores: NDArray[Any]) -> PatchCore:
        self.held_out_ = np.asarray(scores)
        wanted = np.quantile(self.held_out_, 1 - self.fpr, method="higher") if len(scores) > 1 else np.nan
        self.threshold_ = float(wanted)
        return self

    def _backbone(self, train: Windows) -> Backbone:
        pool, threads = int(self.params.pool_size), self.context.threads
        if self.backbone == NAME:
            return builtin_backbone(int(self.params.layers), pool, threads)
        size = (train.spec["height"], train.spec["width"])
        return file_backbone(Path(self.backbone), self.taps, pool, size, threads)

    def _windows(self, images: Images, size: list[int] | None) -> Windows:
        given = pixels_of(images)
        channels = max(image.shape[2] for image in given)
        height, width = size or given[0].shape[:2]
        seen = [self._resized(image, height, width, channels) for image in given]
        spec: Any = {"kind": "image", "height": height, "width": width, "channels": channels}
        return Windows(np.stack(seen), spec)

    def _resized(self, image: NDArray[np.uint8], height: int, width: int, channels: int) -> NDArray[np.uint8]:
        rows, columns = image.shape[:2]
        if (rows, columns) != (height, width):
            what = f"an image is {columns} x {rows}; the model sees {width} x {height}"
            if self.resize is None or self.strict_size:
                raise ValueError(f"{what}: give such images, or resize=edgewright.data.resize.resize")
            if abs(rows * width - columns * height) > 0.02 * rows * width:
                warnings.warn(f"{what}: its proportions change", stacklevel=4)
            return self.resize(image, width=width, height=height, channels=channels)
        return np.broadcast_to(image, (rows, columns, channels))


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _bank(model: Model) -> patchcore.Bank:
    return patchcore.Bank.of(model.arrays)


def _enlarged(scores: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Bring cells to an image's size, in straight lines between their middles."""
    rows, columns = scores.shape
    return np.asarray(between(rows, height) @ scores @ between(columns, width).T, np.float32)

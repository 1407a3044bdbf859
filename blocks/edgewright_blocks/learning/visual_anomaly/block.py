"""Visual anomaly detection: where an image looks like nothing in the normal ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, LearningDescription, Model, Scores, WindowLearningBlock
from edgewright_sdk.cross_fitting import cross_fits

from . import mixture, patchcore
from .backbone import LARGEST, SMALLEST, Backbone, builtin_backbone, file_backbone, grid
from .choosing import chosen, needs, with_choices
from .efficientnet import NAME
from .exporting import device_node
from .scoring import MIXTURE, Scorer
from .smoothing import smoothed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edgewright_sdk import Context, Export, Params, Windows
    from edgewright_specs.interface import WindowSpec

_MOUNT = "backbone"
_SHOWN = 4  # images in a plot
_AT_ONCE = 32  # images whose cells are held while they are looked at


class VisualAnomaly(WindowLearningBlock):
    """Cells of images, as a backbone sees them, against those of normal ones."""

    batch_bytes = 4 << 20
    _scorer: Scorer | None = None

    def describe(self, window: WindowSpec, params: Params) -> LearningDescription:
        """Say what ``score`` gives, and refuse what can't be looked at."""
        size, told = _size(window), self.context.choosing
        choices = chosen(params, told)
        params = with_choices(params, choices)
        scoring, _ = _scoring(params)
        backbone = _backbone(params, size, self.context)
        places = cell_count(size, params)
        if params.min_cells > places:
            raise BlockError(
                f"min-cells is {params.min_cells}, and images of {size[1]} x {size[0]} have {places} cells: give at most as many"
            )
        nearest = ["nearest"] if scoring == "patchcore" else []
        asked = told is not None and told["device"] is not None
        return LearningDescription(
            kind="anomaly",
            outputs=["scores", "map", *nearest],
            choices=choices,
            device=needs(backbone, window, params, told["training_windows"]) if told and asked else None,
        )

    def fit(self, train: Windows, validation: Windows | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Learn the cells of normal images."""
        backbone = _backbone(params, _size(train.spec), context)
        return learn_model(train, backbone, params, context)

    def score(self, model: Model, windows: Windows, params: Params) -> Scores:
        """Score images: a map of cells, and its largest value, or the ``min-cells``-th largest."""
        size = _size(windows.spec)
        if list(size) != model.meta["size"]:
            trained = model.meta["size"]
            raise BlockError(
                f"the images are {size[1]} x {size[0]}; the model has learned from {trained[1]} x {trained[0]}: resize them so"
            )
        if self._scorer is None or self._scorer.model is not model:
            self._scorer = Scorer(model, self.context.threads)
        maps, kept = self._scorer(np.asarray(windows.values))
        cells, rows = maps.reshape(len(maps), -1), np.arange(len(maps))
        worst = cells.argmax(axis=1)
        nearest = None if kept is None else model.arrays["sources"][kept.reshape(cells.shape)[rows, worst]]
        return Scores(scores=image_scores(maps, int(params.min_cells)), map=maps, nearest=nearest)

    def plot(self, model: Model, windows: Windows | None, params: Params) -> list[dict[str, Any]]:
        """Show images beside their maps."""
        if windows is None:
            return []
        shown = windows.rows(0, min(_SHOWN, len(windows)))
        maps = self.score(model, type(windows)(shown, windows.spec), params).map
        assert maps is not None
        plots: list[dict[str, Any]] = []
        for number, (image, scores) in enumerate(zip(shown, maps, strict=True)):
            height, width, channels = image.shape
            plots += [
                {
                    "kind": "image",
                    "title": f"Image {number}",
                    "width": width,
                    "height": height,
                    "channels": channels,
                    "values": image,
                },
                {
                    "kind": "heatmap",
                    "title": f"Image {number}: score by cell, largest {scores.max():.4g}",
                    "x": {"label": "column", "values": np.arange(scores.shape[1])},
                    "y": {"label": "row", "values": np.arange(scores.shape[0])},
                    "values": scores,
                },
            ]
        return plots

    def export(self, model: Model, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device."""
        return device_node(model, window, int(params.min_cells))


def learn_model(train: Windows, backbone: Backbone, params: Params, context: Context) -> Model:
    """Learn from normal images, whatever they are looked at with."""
    scoring, reason = _scoring(params)
    meta: dict[str, Any] = {
        "scoring": scoring,
        "reason": reason,
        "size": list(_size(train.spec)),
        "backbone": {"name": backbone.name, "sha256": backbone.sha256},
    }
    if scoring == "gmm":
        return _learn_mixture(train, params, context, backbone, meta)
    groups = image_groups(context, len(train))
    learned = patchcore.learn(
        seen_cells(train, backbone, context),
        images=len(train),
        ratio=float(params.sampling_ratio),
        neighbours=int(params.neighbours),
        kind=str(params.bank),
        memory=float(params.memory_limit),
        groups=groups,
        context=context,
    )
    context.metric("cells kept", len(learned.bank.cells))
    parts = seen_cells(train, backbone) if learned.held is None else np.split(learned.held, len(train))
    rows, columns = grid(*_size(train.spec))
    found = patchcore.unseen_maps(learned.bank, parts, groups, context).reshape(-1, rows, columns)
    unseen: NDArray[np.float32] = smoothed(found) if params.smoothing else found
    return Model(
        {**meta, "smoothing": bool(params.smoothing)},
        {**learned.bank.arrays(), "sources": cell_sources(learned.places, meta["size"])},
        networks={"backbone": backbone.data},
        train_scores=image_scores(unseen, int(params.min_cells)),
        train_map=unseen,
    )


def image_scores(maps: NDArray[np.float32], min_cells: int) -> NDArray[np.float32]:
    """Score of each image: the ``min_cells``-th largest of its map, so that as many cells are above what it is above."""
    flat = maps.reshape(len(maps), -1)
    return np.asarray(np.partition(flat, -min_cells, axis=1)[:, -min_cells])


def cell_count(size: tuple[int, int], params: Params) -> int:
    """How many cells a map has."""
    rows, columns = grid(*size)
    if _scoring(params)[0] == "gmm":
        rows, columns = mixture.map_size(rows, columns)
    return rows * columns


def cell_sources(places: NDArray[np.int64], size: list[int]) -> NDArray[np.int32]:
    """Image, row and column of cells that were counted through."""
    rows, columns = grid(size[0], size[1])
    made = np.stack([places // (rows * columns), places // columns % rows, places % columns], axis=1)
    return made.astype(np.int32)


def image_groups(context: Context, images: int) -> NDArray[np.int32]:
    """Which images are left out together: those of a fold, else each by itself."""
    alone = np.arange(images, dtype=np.int32)
    if context.folds is None or len(np.unique(context.folds)) < 2:
        return alone
    return np.where(context.folds >= 0, context.folds, images + alone).astype(np.int32)


def _learn_mixture(
    train: Windows, params: Params, context: Context, backbone: Backbone, meta: dict[str, Any]
) -> Model:
    capacity, basis, parts = str(params.capacity), None, []
    for cells in seen_cells(train, backbone, context):
        if basis is None:
            basis = mixture.random_basis(cells.shape[-1], capacity, context.seed)
        parts.append(mixture.pooled(cells @ basis))  # few numbers an image: memory holds those of all
    assert basis is not None
    maps = np.concatenate(parts)
    learned = mixture.learn(maps, basis, capacity, context.seed)
    unseen = learned.scores_of(maps)
    for others, held in cross_fits(context, len(maps)):
        fold = mixture.learn(maps[others], basis, capacity, context.seed)
        unseen[held] = fold.scores_of(maps[held])
    arrays: dict[str, NDArray[Any]] = {name: getattr(learned, name) for name in MIXTURE}
    return Model(
        {**meta, "level": learned.level, "spread": learned.spread},
        arrays,
        networks={"backbone": backbone.data},
        train_scores=image_scores(unseen, int(params.min_cells)),
        train_map=unseen,
    )


def seen_cells(
    windows: Windows, backbone: Backbone, context: Context | None = None
) -> Iterator[NDArray[np.float32]]:
    """Cells of the images, some images at a time."""
    done = 0
    while done < len(windows):
        images = windows.rows(done, min(done + _AT_ONCE, len(windows)))
        yield backbone.cells(np.asarray(images))
        done += len(images)
        if context is not None:
            context.progress(done, len(windows), "images seen")


def _scoring(params: Params) -> tuple[str, str]:
    """What scores, and why; a run has chosen before in the place of `auto`."""
    if params.scoring == "auto":
        return "patchcore", "scoring: auto takes patchcore where nothing is known of the device"
    return str(params.scoring), "as the impulse says"


def _backbone(params: Params, size: tuple[int, int], context: Context) -> Backbone:
    name, pool = str(params.backbone), int(params.pool_size)
    if name == NAME:
        if params.taps:
            raise BlockError(f"taps are for an ONNX file of yours; of {NAME} set layers")
        return builtin_backbone(int(params.layers), pool, context.threads)
    if "/" in name or "\\" in name or not name.endswith(".onnx"):
        raise BlockError(
            f"backbone is {name!r}; allowed: {NAME}, or the name of a file in the granted folder that ends in .onnx"
        )
    taps = [str(tap) for tap in params.taps]
    return file_backbone(context.mount(_MOUNT) / name, taps, pool, size, context.threads)


def _size(window: WindowSpec) -> tuple[int, int]:
    if window.get("kind") != "image":
        raise BlockError(
            f"this block looks at images, not at windows of kind {window.get('kind')!r}; for signals there are kmeans, gmm, …"
        )
    height, width, channels = window["height"], window["width"], window["channels"]
    if channels not in (1, 3):
        raise BlockError(f"images have {channels} channels; allowed: 3 (RGB) or 1 (grey)")
    if min(height, width) < SMALLEST or max(height, width) > LARGEST:
        raise BlockError(
            f"images are {width} x {height}; allowed: {SMALLEST} to {LARGEST} pixels a side, 96 to 512 are usual"
        )
    return height, width

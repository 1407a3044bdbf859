"""A learned model made ready to score images, one after another or several at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from . import mixture
from .backbone import Backbone
from .bank import Bank
from .smoothing import smoothed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Model

    Found = tuple[NDArray[np.float32], NDArray[np.int32] | None]

MIXTURE = ("projection", "scale", "offset", "weights", "means", "roots")  # arrays of its model


class Scorer:
    """A model whose network is open and whose bank is at hand.

    Parameters
    ----------
    model : Model
        Of the block.
    threads : int
        Of several images each is looked at by one; a single one by all.
    """

    def __init__(self, model: Model, threads: int = 1) -> None:
        self.model, self.threads = model, threads
        known, network = model.meta["backbone"], model.networks["backbone"]
        self._alone = Backbone(known["name"], known["sha256"], network, threads)
        self._beside = self._alone if threads == 1 else Backbone(known["name"], known["sha256"], network)
        self._mixture: mixture.CellMixture | None = None
        if model.meta["scoring"] == "gmm":
            parts = {name: model.arrays[name] for name in MIXTURE}
            level, spread = model.meta["level"], model.meta["spread"]
            self._mixture = mixture.CellMixture(**parts, level=level, spread=spread)
        else:
            self._bank = Bank.of(model.arrays)

    def __call__(self, images: NDArray[np.uint8]) -> Found:
        """Score images.

        Returns
        -------
        maps : np.ndarray [shape=(n, rows, columns), dtype=float32]
        nearest : np.ndarray [shape=(n, rows, columns), dtype=int32] or None
            Which kept cell each cell was compared with; a mixture keeps none.
        """
        if self.threads > 1 and len(images) > 1:
            found = self._at_once(images)
        else:
            found = [self._one(image, self._alone) for image in images]
        maps = np.stack([scores for scores, _ in found])
        nearest = [places for _, places in found if places is not None]
        return maps, np.stack(nearest) if nearest else None

    def _at_once(self, images: NDArray[np.uint8]) -> list[Found]:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

        with threadpool_limits(1, "blas"), ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(lambda image: self._one(image, self._beside), images))

    def _one(self, image: NDArray[np.uint8], backbone: Backbone) -> Found:
        cells = backbone.cells(image[None])
        if self._mixture is not None:
            return self._mixture.scores(cells)[0], None
        scores, nearest = self._bank.scores(cells.reshape(-1, cells.shape[-1]))
        scores, nearest = scores.reshape(cells.shape[1:3]), nearest.reshape(cells.shape[1:3])
        return smoothed(scores) if self.model.meta.get("smoothing") else scores, nearest

"""Feature map: windows on a plane, like ones together, and in clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from edgewright_sdk import BlockError, LearningBlock, LearningDescription, Model

from .layouts import cluster, pacmap, prepared, principal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Context, Features, FeatureSpec, Params


class FeatureMap(LearningBlock):
    """Maps of training windows; there is nothing to score with."""

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:  # noqa: ARG002
        """Say that nothing is scored, and refuse where there is nothing to map."""
        if not features.labels:
            raise BlockError("the upstream blocks give no features")
        return LearningDescription(kind="anomaly", outputs=[])

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Lay out the windows by PCA and by PaCMAP; sort them into clusters."""
        rows = _spread(len(train), int(params.most_windows))
        z = prepared(_read(train, rows), standardise=bool(params.standardise))
        places, share = principal(z)
        arrays: dict[str, NDArray[Any]] = {"rows": rows.astype(np.int32), "pca": places}
        laid, note = pacmap(z, int(params.neighbours), context.seed)
        if laid is not None:
            arrays["pacmap"] = laid
        if params.clusters:
            arrays["clusters"] = cluster(z, int(params.clusters), context.seed)
        return Model({"share": share, "note": note}, arrays)

    def score(self, model: Model, features: Features, params: Params) -> NoReturn:  # noqa: ARG002
        """Refuse: a map is of the windows that it was made of."""
        raise BlockError("this block lays windows out and scores nothing; take `kmeans` to score by clusters")


def _spread(total: int, most: int) -> NDArray[np.intp]:
    """At most ``most`` of the rows, evenly spread, with the first and the last."""
    if total <= most:
        return np.arange(total)
    return np.unique(np.round(np.linspace(0, total - 1, most)).astype(np.intp))


def _read(train: Features, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Chosen rows, without ever holding the others all at once."""
    start, parts = 0, []
    for batch in train.batches():
        parts.append(batch.values[rows[(rows >= start) & (rows < start + len(batch))] - start])
        start += len(batch)
    return np.concatenate(parts)

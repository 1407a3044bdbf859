"""A mixture and the choice of its components as plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright_sdk import Model

    from .mixture import Mixture

_MOST_AXES = 64  # of more, covariances would make plots of megabytes: variances tell most


def space(labels: Sequence[str], mixture: Mixture) -> dict[str, Any]:
    """The components as ellipses in the standardised space."""
    ellipses = [
        {"center": center, "weight": weight, **_shape(mixture, k)}
        for k, (center, weight) in enumerate(zip(mixture.means, mixture.weights, strict=True))
    ]
    return {
        "kind": "space",
        "title": "Components of normal windows",
        "dimensions": labels,
        "mean": mixture.mean,
        "scale": mixture.scale,
        "balls": [],
        "ellipses": ellipses,
    }


def curve(model: Model) -> list[dict[str, Any]]:
    """The criterion by number of components, where that was chosen."""
    if "criterion" not in model.arrays:
        return []
    lines = {
        "kind": "lines",
        "title": f"{len(model.arrays['weights'])} components chosen: information criterion, the lowest wins",
        "x": {"label": "components", "values": model.arrays["counts"]},
        "y": {"label": "BIC"},
        "series": [{"name": "BIC", "values": model.arrays["criterion"]}],
    }
    return [lines]


def _shape(mixture: Mixture, k: int) -> dict[str, NDArray[np.float64]]:
    root = mixture.roots[k if len(mixture.roots) > 1 else 0]
    axes = mixture.means.shape[1]
    if root.ndim < 2:
        return {"variances": np.full(axes, 1 / np.square(root))}
    half = np.linalg.inv(root)
    covariance = half.T @ half
    shape = {"variances": np.diagonal(covariance)}
    return shape if axes > _MOST_AXES else shape | {"covariance": covariance}

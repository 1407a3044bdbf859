"""Ranges of a network's values, as a model keeps them: with the network they are all that int8 needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.model import Model

if TYPE_CHECKING:
    from edgewright_sdk.compiler.quantise_ranges import Ranges


def with_ranges(model: Model, ranges: Ranges) -> Model:
    """Give the same model, computed in int8."""
    return Model(
        {**model.meta, "precision": "int8", "values": list(ranges)},
        {**model.arrays, "ranges": np.array(list(ranges.values()), np.float64).reshape(-1, 2)},
        networks=model.networks,
    )


def ranges_of(model: Model) -> Ranges:
    """Give the ranges of a model that is computed in int8."""
    pairs = np.asarray(model.arrays["ranges"]).tolist()
    return {name: (low, high) for name, (low, high) in zip(model.meta["values"], pairs, strict=True)}

"""From parameters to layers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from edgewright_sdk import BlockError
from edgewright_sdk.artifacts.layers import CONVOLUTION, DENSE, MEAN, POOL, Layer
from edgewright_sdk.columns import choose_columns

if TYPE_CHECKING:
    from edgewright_sdk import FeatureSpec, Params

_FEWEST_FRAMES = 4


def plan_of(features: FeatureSpec, params: Params, outputs: int) -> list[Layer]:
    """List the layers of a network over these features.

    Parameters
    ----------
    features : FeatureSpec
    params : Params
    outputs : int
        Raw outputs: classes, or 1.

    Raises
    ------
    BlockError
        For convolutions over features that are no spectrogram, and an even kernel.
    """
    units, hidden = int(params.units), int(params.layers)
    if params.architecture == "dense":
        width = len(choose_columns(features.labels, params.features))
        widths = [width, *[units] * hidden]
        layers = [Layer(DENSE, 1, before, after, relu=1) for before, after in itertools.pairwise(widths)]
        return [*layers, Layer(DENSE, 1, units, outputs)]
    length, channels = _spectrogram(features)
    kernel = int(params.kernel)
    if kernel % 2 == 0:
        raise BlockError(f"kernel is {kernel}; allowed: an odd number, so that a filter has a middle frame")
    layers = []
    for _ in range(hidden):
        layers.append(Layer(CONVOLUTION, length, channels, units, kernel, relu=1))
        channels = units
        if length >= _FEWEST_FRAMES:
            layers.append(Layer(POOL, length, channels, channels))
            length //= 2
    return [*layers, Layer(MEAN, length, channels, channels), Layer(DENSE, 1, channels, outputs)]


def _spectrogram(features: FeatureSpec) -> tuple[int, int]:
    """Frames and bands."""
    shape = features.shape
    if shape.get("type") != "spectrogram" or shape["width"] * shape["height"] != features.width:
        raise BlockError(
            f"architecture convolution looks along the time of a spectrogram, and these features are {shape.get('type', 'flat')} "
            f"({features.width} values); take one node of mfcc, mfe or spectrogram over one axis, or architecture dense"
        )
    return int(shape["width"]), int(shape["height"])

"""Anomaly maps to look at: scaled for a whole data set, laid over images, put side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from edgewright_specs.interface import CALM_PERCENTILE, MAP_PERCENTILES, map_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright_blocks.visual import Prediction

    Images = NDArray[np.uint8] | Sequence[NDArray[np.uint8]]


class PercentileNormalizer:
    """Brings scores of maps to 0 … 1, the same way for all images: low and high percentiles of a data set become 0 and 1.

    Fitted over one image it would make every image glow; fitted over normal and odd ones together it leaves normal ones calm.

    Parameters
    ----------
    low, high : float
        Percentiles.
    """

    def __init__(self, low: float = MAP_PERCENTILES[0], high: float = MAP_PERCENTILES[1]) -> None:
        if not 0 <= low < high <= 100:
            raise ValueError(f"low is {low}, high {high}; allowed: 0 <= low < high <= 100")
        self.low, self.high = low, high

    def fit(
        self,
        maps: Sequence[NDArray[np.float32]] | NDArray[np.float32],
        normal: Sequence[NDArray[np.float32]] | NDArray[np.float32] = (),
    ) -> PercentileNormalizer:
        """Take the percentiles of all values of all maps.

        Where few of them are odd, maps of `normal` images, as if unseen, move the upper bound so far that 99.9 % of their values
        come out below 0.5, as reports and packages draw them.
        """
        values = np.concatenate([np.ravel(scores) for scores in maps])
        low, high = (float(bound) for bound in np.percentile(values, [self.low, self.high]))
        calm = low
        if len(normal):
            unseen = np.concatenate([np.ravel(scores) for scores in normal])
            calm = float(np.percentile(unseen, CALM_PERCENTILE))
        self.bounds_ = map_bounds(low, high, calm)
        return self

    def transform(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring values to 0 … 1; what lies beyond is cut off."""
        low, high = self.bounds_
        return np.clip((scores - low) / max(high - low, 1e-12), 0, 1).astype(np.float32)


def anomaly_map_overlay(
    image: NDArray[np.uint8],
    scores: NDArray[np.float32],
    normalizer: PercentileNormalizer | None = None,
    *,
    opacity: float = 0.7,
) -> NDArray[np.uint8]:
    """Lay a map over its image, blue to red; how clear grows with the square of the value, so that normal images look calm.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width) or (height, width, 1 or 3), dtype=uint8]
    scores : np.ndarray [shape=(height, width)]
    normalizer : PercentileNormalizer, optional
        Fitted, as ``PatchCore.normalizer_`` is. Without one, `scores` are taken to lie between 0 and 1.
    opacity : float
        Of a value of 1.

    Returns
    -------
    np.ndarray [shape=(height, width, 3), dtype=uint8]
    """
    if normalizer is None and scores.min() > 1:  # all of it would be drawn as the worst
        raise ValueError(
            f"scores are {scores.min():.4g} to {scores.max():.4g}: give a fitted normalizer, or scores between 0 and 1"
        )
    values = np.clip(scores, 0, 1) if normalizer is None else normalizer.transform(scores)
    (pixels,) = pixels_of([image])
    if values.shape != pixels.shape[:2]:
        raise ValueError(f"the map is {values.shape}, the image {pixels.shape[:2]}")
    colours = np.clip(1.5 - np.abs(4 * values[..., None] - np.array([3, 2, 1])), 0, 1) * 255
    share = (opacity * np.square(values))[..., None]
    return np.asarray(pixels * (1 - share) + colours * share + 0.5, np.uint8)


def view_results(
    images: Images,
    prediction: Prediction,
    *,
    threshold: float | None = None,
    normalizer: PercentileNormalizer | None = None,
    columns: int = 6,
    side: int = 160,
) -> Image.Image:
    """Draw a sheet of overlays, highest score first; those above the threshold have a red frame.

    Parameters
    ----------
    normalizer : PercentileNormalizer, optional
        By default one is fitted over all maps of the sheet.
    columns, side : int
        Images a row, and pixels an image.

    Returns
    -------
    PIL.Image.Image
        Shown by notebooks; ``.save("sheet.png")`` keeps it.
    """
    given = pixels_of(images)
    scale = normalizer or PercentileNormalizer().fit(prediction.maps)
    order = np.argsort(-prediction.scores, kind="stable")
    height = side + 16
    sheet = Image.new("RGB", (columns * side, -(-len(given) // columns) * height), "white")
    draw = ImageDraw.Draw(sheet)
    for place, number in enumerate(order):
        left, top = place % columns * side, place // columns * height
        overlay = Image.fromarray(anomaly_map_overlay(given[number], prediction.maps[number], scale))
        shrunk = (side - 6) / max(overlay.size)
        overlay = overlay.resize([max(round(length * shrunk), 1) for length in overlay.size])
        sheet.paste(overlay, (left + 3, top + 3))
        score = float(prediction.scores[number])
        odd = threshold is not None and score > threshold
        if odd:
            draw.rectangle(
                (left + 1, top + 1, left + overlay.width + 4, top + overlay.height + 4),
                outline="red",
                width=2,
            )
        draw.text((left + 4, top + side - 1), f"{number}: {score:.4g}", fill="red" if odd else "black")
    return sheet


def pixels_of(images: Images) -> list[NDArray[np.uint8]]:
    """Images as ``(height, width, channels)``."""
    if isinstance(images, np.ndarray) and images.ndim == 3 and images.shape[2] in (1, 3):
        raise ValueError(f"an array of shape {images.shape} is one image: give a list, [image]")
    made = []
    for number, image in enumerate(images):
        pixels = image[..., None] if np.ndim(image) == 2 else np.asarray(image)
        if pixels.ndim != 3 or pixels.dtype != np.uint8 or pixels.shape[2] not in (1, 3):
            raise ValueError(
                f"image {number} is {np.asarray(image).dtype} {np.shape(image)}; allowed: uint8 (height, width) or (height, width, 1 or 3)"
            )
        made.append(pixels)
    if not made:
        raise ValueError("there are no images")
    return made

"""Template block: how far each cell of an image lies from the same cell of normal images."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgewright_sdk import (
    Context,
    LearningDescription,
    Model,
    Params,
    Scores,
    WindowLearningBlock,
    Windows,
    WindowSpec,
)


class TemplateBlock(WindowLearningBlock):
    """Largest standardised colour distance of a cell: a few for normal images, more the stranger they are."""

    def describe(self, window: WindowSpec, params: Params) -> LearningDescription:  # noqa: ARG002
        """Say which outputs `score` gives."""
        return LearningDescription("anomaly", ["scores", "map"] if params.map else ["scores"])

    def fit(
        self,
        train: Windows,
        validation: Windows | None,  # noqa: ARG002
        params: Params,
        context: Context,
    ) -> Model:
        """Learn mean and deviation of each cell's colour, batch by batch: any number of images fits in memory."""
        total: Any = 0.0
        squares: Any = 0.0
        done = 0
        for batch in train.batches():
            colours = cell_colours(batch.values, params.cell)
            total = total + colours.sum(axis=0)
            squares = squares + (colours**2).sum(axis=0)
            done += len(batch)
            context.progress(done, len(train))
        mean = total / done
        variance = np.maximum(squares / done - mean**2, 0.0)
        return Model(
            {}, {"mean": mean, "deviation": np.maximum(np.sqrt(variance), params.smallest_deviation)}
        )

    def score(self, model: Model, windows: Windows, params: Params) -> Scores:
        """Score uint8 images of shape (n, height, width, channels); the map has one value a cell."""
        colours = cell_colours(windows.values, params.cell)
        standard = (colours - model.arrays["mean"]) / model.arrays["deviation"]
        cells = np.sqrt((standard**2).mean(axis=3))  # (n, rows, columns)
        return Scores(cells.max(axis=(1, 2)), map=cells.astype(np.float32) if params.map else None)

    def plot(self, model: Model, windows: Windows | None, params: Params) -> list[dict[str, Any]]:  # noqa: ARG002
        """Draw the mean image, one pixel a cell."""
        mean = model.arrays["mean"]
        if mean.shape[2] not in (1, 3):
            mean = mean.mean(axis=2, keepdims=True)
        rows, columns, channels = mean.shape
        return [
            {
                "kind": "image",
                "title": "Mean of the normal images",
                "width": columns,
                "height": rows,
                "channels": channels,
                "values": np.round(mean).ravel().tolist(),
            }
        ]


def cell_colours(images: np.ndarray[Any, Any], cell: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mean colour of each cell, (n, rows, columns, channels) float64."""
    down = np.arange(0, images.shape[1], cell)
    right = np.arange(0, images.shape[2], cell)
    sums = np.add.reduceat(np.add.reduceat(images.astype(np.float64), down, axis=1), right, axis=2)
    heights = np.diff(np.append(down, images.shape[1]))
    widths = np.diff(np.append(right, images.shape[2]))
    means: np.ndarray[Any, np.dtype[np.float64]] = sums / (heights[:, None] * widths[None, :])[:, :, None]
    return means

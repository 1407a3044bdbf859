"""``plots.json``: plots as data; the host draws them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from edgewright_specs.shared import Size
from edgewright_specs.validation import WrittenModel

Numbers = list[float]


class Series(WrittenModel):
    """One line."""

    name: str
    values: Numbers


class Axis(WrittenModel):
    """One axis: its label, and its values where they aren't 0, 1, 2, …"""

    label: str = ""
    values: list[float] | list[str] | None = None
    scale: Literal["linear", "log"] = "linear"


class Lines(WrittenModel):
    """Lines over one abscissa."""

    kind: Literal["lines"]
    title: str
    x: Axis = Field(default_factory=Axis)
    y: Axis = Field(default_factory=Axis)
    series: list[Series]


class HeatMap(WrittenModel):
    """A matrix, row by row."""

    kind: Literal["heatmap"]
    title: str
    x: Axis = Field(default_factory=Axis)
    y: Axis = Field(default_factory=Axis)
    values: list[Numbers]


class Image(WrittenModel):
    """An image, row by row, 0…255, channels interleaved."""

    kind: Literal["image"]
    title: str
    width: Size
    height: Size
    channels: Literal[1, 3]
    values: Numbers


class EncodedImage(WrittenModel):
    """An image as a file of its own kind, in base64: as blocks of Edge Impulse give them."""

    kind: Literal["encoded-image"]
    title: str
    mime: Literal["image/png", "image/jpeg", "image/svg+xml"]
    data: str = Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=8 << 20)


class Ball(WrittenModel):
    """One cluster of a space."""

    center: Numbers
    radius: float
    size: Size


class Ellipse(WrittenModel):
    """One normal distribution of a space; its axes are uncorrelated where no covariance is given."""

    center: Numbers
    weight: float
    variances: Numbers
    covariance: list[Numbers] | None = None


class Space(WrittenModel):
    """A standardised feature space with clusters: a window stands at (features − mean)/scale."""

    kind: Literal["space"]
    title: str
    dimensions: list[str]
    mean: Numbers
    scale: Numbers
    balls: list[Ball]
    ellipses: list[Ellipse] = Field(default_factory=list)


class PlotsFile(WrittenModel):
    """``plots.json``."""

    plots: list[Annotated[Lines | HeatMap | Image | EncodedImage | Space, Field(discriminator="kind")]]

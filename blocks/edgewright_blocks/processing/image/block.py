"""Image: the pixels of a picture, in colour or grey, from 0 to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, Description, Export, Features, ProcessingBlock
from edgewright_sdk.fragments.fragment import INPUT, Fragment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Params, Windows, WindowSpec

#: What red, green and blue add to the brightness of a pixel: luma of ITU-R BT.601.
_RED, _GREEN, _BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)
_LARGEST = np.float32(255)
#: Plots are thinned to at most this many pixels a side.
_MOST_SHOWN = 256


class Image(ProcessingBlock):
    """Pixels / 255: red, green and blue of each, or its brightness."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Say labels and shape, and refuse what isn't an image of 1 or 3 channels."""
        height, width, _ = _size(window)
        channels = _channels(params)
        names = "RGB" if channels == 3 else ("Gray",)
        places = [f"{y},{x}" for y in range(height) for x in range(width)]
        labels = [f"{name} {place}" for place in places for name in names]
        shape = {"type": "image", "width": width, "height": height, "channels": channels, "frames": 1}
        return Description(labels, shape)

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of ``(n, height, width, channels)`` uint8 images."""
        described = self.describe(windows.spec, params)
        values = _scaled(windows.values, _channels(params))
        return Features(values.reshape(len(windows), -1), described.labels, described.shape)

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:
        """Show the first image as the features have it."""
        height, width, _ = _size(windows.spec)
        step = -(-max(height, width) // _MOST_SHOWN)
        shown = _scaled(windows.values[:1, ::step, ::step], _channels(params))[0] * _LARGEST
        return [
            {
                "kind": "image",
                "title": f"{params.channels}, {width} × {height}",
                "width": shown.shape[1],
                "height": shown.shape[0],
                "channels": shown.shape[2],
                "values": np.rint(shown).ravel(),
            }
        ]

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device."""
        height, width, channels = _size(window)
        return Export(
            symbol="ew_image_features",
            header="image_features.h",
            sources=["image_features.cpp"],
            modules=[],
            tables={"channels": np.int32(_channels(params))},
            inputs=[{"dtype": "uint8", "shape": [height, width, channels]}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [height * width * _channels(params)]}],
            tolerance={"absolute": 1e-6, "relative": 1e-6},
            onnx=_fragment([height, width, channels], _channels(params)),
        )


def _fragment(size: list[int], channels: int) -> bytes:
    graph = Fragment(size, "uint8")
    values = graph.numbers(INPUT)
    if channels < size[2]:
        values = graph.do("MatMul", values, np.array([[_RED], [_GREEN], [_BLUE]]))
    elif channels > size[2]:
        values = graph.add("Concat", *[values] * channels, axis=3)
    features = graph.reshaped(graph.do("Div", values, float(_LARGEST)), [-1, size[0] * size[1] * channels])
    graph.give("features", features)
    return graph.data()


def _channels(params: Params) -> int:
    return 3 if params.channels == "RGB" else 1


def _size(window: WindowSpec) -> tuple[int, int, int]:
    if window.get("kind") != "image":
        raise BlockError(
            f"this block takes images, not windows of kind {window.get('kind')!r}; "
            "for signals there are raw, flatten, spectral_analysis and the audio blocks"
        )
    if window["channels"] not in (1, 3):
        raise BlockError(f"images have {window['channels']} channels; allowed: 3 (RGB) or 1 (grey)")
    return window["height"], window["width"], window["channels"]


def _scaled(pixels: NDArray[Any], channels: int) -> NDArray[np.float32]:
    """Values 0…1 ``(n, height, width, channels)``, by the device's operations in the device's order."""
    given = pixels.astype(np.float32)
    if given.shape[-1] == 1:
        return np.repeat(given / _LARGEST, channels, axis=-1)
    if channels == 3:
        return given / _LARGEST
    red, green, blue = given[..., 0], given[..., 1], given[..., 2]
    brightness: NDArray[np.float32] = (red * _RED + green * _GREEN + blue * _BLUE) / _LARGEST
    return brightness[..., None]

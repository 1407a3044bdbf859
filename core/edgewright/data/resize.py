"""Bring images to one size: the definition, in integers, that the device code follows byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from edgewright.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

Fit = Literal["squash", "fit-shortest", "fit-longest"]

#: Sides beyond this don't fit the device's 32-bit arithmetic.
LARGEST_SIDE = 32767
_ONE = 1 << 16
_HALF = _ONE // 2
#: What red, green and blue add to a grey value, in 1/65536: luma of ITU-R BT.601.
_GREY = np.array([19595, 38470, 7471], np.uint32)
#: Sums of about this many values are held at once.
_VALUES_AT_ONCE = 1 << 20


class Box(NamedTuple):
    """A rectangle of pixels."""

    left: int
    top: int
    width: int
    height: int


def resize(
    images: Pixels, *, width: int, height: int, channels: int | None = None, fit: Fit = "squash"
) -> Pixels:
    """Bring images of one size to another.

    Parameters
    ----------
    images : np.ndarray [shape=(n, h, w, c) or (h, w, c), dtype=uint8]
        RGB (``c`` 3) or grey (``c`` 1), with sides of 1 to 32767.
    width, height : int
        Of the result.
    channels : 3 or 1, optional
        Of the result; by default those of the images.
    fit : {"squash", "fit-shortest", "fit-longest"}
        What happens where the proportions differ: they are changed, the middle is cut out, or the whole image is put
        into the middle with zeros beside it.

    Returns
    -------
    np.ndarray [shape=(n, height, width, channels) or (height, width, channels), dtype=uint8]

    Raises
    ------
    UsageError
        For arrays that aren't such images, and for sizes that can't be.

    Notes
    -----
    In this order: colours (:func:`to_channels`), the part of the source and of the target that ``fit`` leaves, rows from
    side to side into uint8, columns from top to bottom into uint8. Each value of a pass is
    ``(Σ weight · value + 32768) >> 16``, where the weights of :func:`taps` sum to 65536. ``docs/images.md`` has the
    formulas.
    """
    channels = images.shape[-1] if channels is None and images.ndim else channels
    _check(images, width, height, channels, fit)
    assert channels is not None
    batch = images if images.ndim == 4 else images[None]
    source, target = boxes(batch.shape[2], batch.shape[1], width, height, fit)
    out = np.zeros((len(batch), height, width, channels), np.uint8)
    largest = max(source.height * target.width, target.height * target.width) * channels
    step = max(_VALUES_AT_ONCE // largest, 1)
    for start in range(0, len(batch), step):
        part = batch[
            start : start + step,
            source.top : source.top + source.height,
            source.left : source.left + source.width,
        ]
        rows = _rows(part, target.width, channels)
        out[
            start : start + step,
            target.top : target.top + target.height,
            target.left : target.left + target.width,
        ] = _pass(rows, target.height, axis=1)
    return out if images.ndim == 4 else out[0]


def boxes(from_width: int, from_height: int, width: int, height: int, fit: Fit) -> tuple[Box, Box]:
    """Return which part of the source is taken and which part of the target it fills.

    A side is rounded half up and is 1 at least; where an odd number of pixels is left out, one more is on the right or at
    the bottom.
    """
    source, target = Box(0, 0, from_width, from_height), Box(0, 0, width, height)
    wider = from_width * height > from_height * width  # than the target
    if fit == "fit-shortest":
        if wider:
            source = _centred(from_width, from_height, _rounded(from_height * width, height), from_height)
        else:
            source = _centred(from_width, from_height, from_width, _rounded(from_width * height, width))
    elif fit == "fit-longest":
        if wider:
            target = _centred(width, height, width, _rounded(from_height * width, from_width))
        else:
            target = _centred(width, height, _rounded(from_width * height, from_height), height)
    return source, target


def taps(size: int, target: int) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
    """Return what each of ``target`` values takes of ``size``: places and weights in 1/65536, ``(target, taps)`` each.

    Fewer than before: the mean over the area that a value covers. As many or more: straight lines between the middles
    of the two nearest. Each row of weights sums to 65536; a weight of 0 stands where a value needs fewer than others.
    """
    out = np.arange(target, dtype=np.int64)[:, None]
    if target < size:
        first = out * size // target
        most = int(np.max(-(-(out + 1) * size // target) - first))
        places = first + np.arange(most)
        covered = np.clip((places + 1) * target - out * size, 0, size)
        cumulated = (covered * _ONE + size // 2) // size
        weights = np.diff(cumulated, axis=1, prepend=0)
    else:
        position = np.clip((2 * out + 1) * size - target, 0, 2 * target * (size - 1))
        first = position // (2 * target)
        places = first + np.arange(2)
        second = ((position - first * 2 * target) * _ONE + target) // (2 * target)
        weights = np.concatenate([_ONE - second, second], axis=1)
    return np.minimum(places, size - 1).astype(np.intp), weights.astype(np.uint32)


def to_channels(images: Pixels, channels: int) -> Pixels:
    """Make RGB (3) or grey (1) of ``(…, 3)`` or ``(…, 1)``: grey by (19595 R + 38470 G + 7471 B + 32768) >> 16."""
    given = images.shape[-1]
    if given == channels:
        return images
    if channels == 3:
        return np.repeat(images, 3, axis=-1)
    grey = images[..., 0].astype(np.uint32) * _GREY[0]
    for colour in (1, 2):
        grey += images[..., colour].astype(np.uint32) * _GREY[colour]
    return _narrowed(grey)[..., None]


def from_rgb565(values: NDArray[np.uint16]) -> Pixels:
    """Widen pixels of 5, 6 and 5 bits to RGB ``(…, 3)`` by repeating their upper bits below."""
    red, green, blue = values >> 11, values >> 5 & 63, values & 31
    wide = [red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2]
    return np.stack(wide, axis=-1).astype(np.uint8)


def _rows(images: Pixels, width: int, channels: int) -> Pixels:
    """Bring colours and rows to their size, some rows of large images at once."""
    count, height = images.shape[:2]
    out = np.empty((count, height, width, channels), np.uint8)
    step = max(_VALUES_AT_ONCE // (count * max(width, images.shape[2]) * channels), 1)
    for start in range(0, height, step):
        part = to_channels(images[:, start : start + step], channels)
        out[:, start : start + step] = _pass(part, width, axis=2)
    return out


def _pass(images: Pixels, target: int, *, axis: int) -> Pixels:
    """Bring one axis to its size. The loop is over taps: all pixels of all images at once."""
    if images.shape[axis] == target:
        return images
    places, weights = taps(images.shape[axis], target)
    along = [1] * images.ndim
    along[axis] = target
    total = np.take(images, places[:, 0], axis=axis) * weights[:, 0].reshape(along)
    for tap in range(1, places.shape[1]):
        total += np.take(images, places[:, tap], axis=axis) * weights[:, tap].reshape(along)
    return _narrowed(total)


def _narrowed(total: NDArray[np.uint32]) -> Pixels:
    total += np.uint32(_HALF)
    total >>= np.uint32(16)
    return total.astype(np.uint8)


def _rounded(numerator: int, denominator: int) -> int:
    return max((2 * numerator + denominator) // (2 * denominator), 1)


def _centred(width: int, height: int, inner_width: int, inner_height: int) -> Box:
    return Box((width - inner_width) // 2, (height - inner_height) // 2, inner_width, inner_height)


def _check(images: Pixels, width: int, height: int, channels: int | None, fit: str) -> None:
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or images.shape[-1] not in (1, 3):
        raise UsageError(
            f"images are {images.dtype} of shape {images.shape}; allowed: uint8 (n, h, w, c) or (h, w, c) with 3 "
            "channels (RGB) or 1 (grey)"
        )
    if channels not in (1, 3):
        raise UsageError(f"channels is {channels}; allowed: 3 (RGB) or 1 (grey)")
    sides = {"width": width, "height": height, "an image's width": images.shape[-2]}
    sides["an image's height"] = images.shape[-3]
    for name, side in sides.items():
        if not 1 <= side <= LARGEST_SIDE:
            raise UsageError(f"{name} is {side}; allowed: 1 to {LARGEST_SIDE}")
    if fit not in ("squash", "fit-shortest", "fit-longest"):
        raise UsageError(f"fit is {fit!r}; allowed: squash, fit-shortest, fit-longest")

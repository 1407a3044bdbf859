"""Masks: images that show where others are defective. Which files they are, whose they are, and at what size."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from edgewright.data.names import known_normal, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.data.listing import DataFile
    from edgewright.data.resize import Fit

#: Folders of masks, as MVTec AD, VisA and others call them.
FOLDERS: Final = frozenset({"ground truth", "mask", "masks"})
_ENDING = re.compile(r"[\s_-](mask|gt)$", re.IGNORECASE)


class Sorted(NamedTuple):
    """``images``, the masks ``of`` each by its relative path, and masks whose image is not there or not certain."""

    images: tuple[DataFile, ...]
    of: dict[str, tuple[DataFile, ...]]
    lone: tuple[str, ...]


def sort_out(files: Sequence[DataFile]) -> Sorted:
    """Tell images from masks, and give each mask to its image.

    A file in a folder called ``ground_truth``, ``masks`` or ``mask`` is a mask. It belongs to the image of the same
    name (``000_mask.png`` to ``000.png``) whose path has the mask's other folders too:
    ``ground_truth/crack/000_mask.png`` to ``test/crack/000.png``. Several masks of one image lie in a folder of its
    name. Where images of different labels share a name, a normal one has no mask.
    """
    masks = [file for file in files if _is_mask(file)]
    images = [file for file in files if not _is_mask(file)]
    by_name: dict[str, list[tuple[DataFile, frozenset[str]]]] = {}
    for file in images:
        path = PurePosixPath(file.relative)
        by_name.setdefault(path.stem, []).append((file, frozenset(path.parts[:-1])))
    of: dict[str, tuple[DataFile, ...]] = {}
    lone = []
    for mask in masks:
        image = _image_of(mask, by_name)
        if image is None:
            lone.append(mask.relative)
        else:
            of[image.relative] = (*of.get(image.relative, ()), mask)
    return Sorted(tuple(images), of, tuple(lone))


def _is_mask(file: DataFile) -> bool:
    return any(plain(part) in FOLDERS for part in PurePosixPath(file.relative).parts[:-1])


def _image_of(mask: DataFile, by_name: dict[str, list[tuple[DataFile, frozenset[str]]]]) -> DataFile | None:
    path = PurePosixPath(mask.relative)
    folders = [part for part in path.parts[:-1] if plain(part) not in FOLDERS]
    tries = [(_ENDING.sub("", path.stem), folders), (path.stem, folders)]
    if folders:
        tries.append((folders[-1], folders[:-1]))
    for name, wanted in tries:
        found = [file for file, own in by_name.get(name, ()) if own.issuperset(wanted)]
        if len(found) > 1:
            found = [file for file in found if not _normal(file)]
        if len(found) == 1:
            return found[0]
    return None


def _normal(file: DataFile) -> bool:
    return any(known_normal(part) is True for part in PurePosixPath(file.relative).parts[:-1])


def resize_mask(mask: NDArray[np.bool_], *, width: int, height: int, fit: Fit) -> NDArray[np.bool_]:
    """Bring a mask to the size that its image is brought to (:func:`edgewright.data.resize.resize`).

    Parameters
    ----------
    mask : np.ndarray [shape=(h, w), dtype=bool]
    width, height, fit : as of the image

    Returns
    -------
    np.ndarray [shape=(height, width), dtype=bool]

    Notes
    -----
    Smaller: a pixel is defective if any that it covers is, so that no small defect vanishes. Larger: as the nearest.
    """
    import numpy as np

    from edgewright.data.resize import boxes

    source, target = boxes(mask.shape[1], mask.shape[0], width, height, fit)
    part = mask[source.top : source.top + source.height, source.left : source.left + source.width]
    out = np.zeros((height, width), bool)
    part = _along(_along(part, target.height, 0), target.width, 1)
    out[target.top : target.top + target.height, target.left : target.left + target.width] = part
    return out


def _along(mask: NDArray[np.bool_], target: int, axis: int) -> NDArray[np.bool_]:
    import numpy as np

    size = mask.shape[axis]
    out = np.arange(target)
    if target >= size:
        return np.take(mask, (2 * out + 1) * size // (2 * target), axis=axis)
    # Counts of defective pixels before each place: a value covers [o·n/m, (o+1)·n/m), every pixel that it touches.
    before = np.cumsum(mask, axis=axis)
    before = np.concatenate([np.zeros_like(np.take(before, [0], axis=axis)), before], axis=axis)
    first, last = out * size // target, -(-(out + 1) * size // target)
    return np.asarray(np.take(before, last, axis=axis) > np.take(before, first, axis=axis))

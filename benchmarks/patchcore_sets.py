"""Data sets that PatchCore can be compared on: photographs of surfaces and of tissue with drawn defects and their masks, from a fixed seed.

The photographs (512 × 512) lie in the wheel of ``scikit-image``, which ``examples/surface/fetch.py`` downloads. Training pieces come from the left
five eighths of a photograph, test pieces from the rest, so that no pixel is in both. `strength` blends a defect in: 1 is as it was drawn.
"""

from __future__ import annotations

import io
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "examples" / "surface"), *(str(ROOT / name) for name in ("core", "specs"))]

from damage import DAMAGES, Damaged, blob  # noqa: E402
from fetch import VERSION, read  # noqa: E402

from edgewright.data.resize import resize  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Photograph = NDArray[np.float64]  # (512, 512, 3), 0 … 255

BORDER = 320  # the column where test pieces begin


def dust(piece: np.ndarray, _other: np.ndarray, random: np.random.Generator) -> Damaged:
    """Specks of a few pixels, as light as the lightest of the piece."""
    rows, columns = np.indices(piece.shape)
    near = np.full(piece.shape, np.inf)
    for row, column in random.uniform(0.15, 0.85, (6, 2)) * piece.shape:
        near = np.minimum(near, np.hypot(rows - row, columns - column) / random.uniform(1.2, 2.5))
    return np.where(near < 1, np.quantile(piece, 0.99), piece), near < 1


def turn(piece: np.ndarray, _other: np.ndarray, random: np.random.Generator) -> Damaged:
    """A part of the piece laid in after a quarter of a turn."""
    part = blob(piece.shape, random.uniform(14, 20), random)
    return np.where(part > 0, np.rot90(piece), piece), part > 0


KINDS = {**DAMAGES, "dust": dust, "turn": turn}


@dataclass(frozen=True)
class Design:
    """What a set is made of.

    Attributes
    ----------
    surface : str
    kind : str
        Of the defects.
    strength : float
    cut, side : int
        Pixels a side of the pieces that are cut out, and of the images that these are enlarged to.
    training, good, bad : int
        How many images.
    """

    surface: str
    kind: str
    strength: float
    cut: int = 112
    side: int = 224
    training: int = 16
    good: int = 40
    bad: int = 40

    @property
    def name(self) -> str:
        """A short one."""
        return f"{self.surface} {self.kind} {self.strength:g}"


@dataclass(frozen=True)
class Images:
    """A set: images ``(n, side, side, 3)`` uint8, and masks ``(test images, side, side)``, the good ones first."""

    training: NDArray[np.uint8]
    test: NDArray[np.uint8]
    masks: NDArray[np.bool_]


def photographs(cache: Path) -> dict[str, Photograph]:
    """Brick, grass, gravel and stained tissue."""
    found = {name: np.repeat(grey[..., None], 3, axis=2) for name, grey in read(cache).items()}
    with zipfile.ZipFile(next(cache.glob(f"scikit_image-{VERSION}-*.whl"))) as wheel:
        tissue = Image.open(io.BytesIO(wheel.read("skimage/data/ihc.png"))).convert("RGB")
    return {**found, "tissue": np.asarray(tissue, np.float64)}


def make(design: Design, of: Mapping[str, Photograph], seed: int = 0) -> Images:
    """Draw a set."""
    random = np.random.default_rng([seed, zlib.crc32(design.name.encode()), design.cut])
    photograph = of[design.surface]
    other = of["grass" if design.surface != "grass" else "gravel"].mean(axis=2)
    size = (design.cut, design.cut)
    left, right = photograph[:, :BORDER], photograph[:, BORDER:]
    training = [exposed(cut(left, size, random), random) for _ in range(design.training)]
    test, masks = [exposed(cut(right, size, random), random) for _ in range(design.good)], []
    for _ in range(design.bad):
        piece = cut(right, size, random)
        grey = piece.mean(axis=2)
        damaged, mask = KINDS[design.kind](grey, cut(other, size, random), random)
        test.append(exposed(piece + design.strength * (damaged - grey)[..., None], random))
        masks.append(mask)
    whole = np.zeros((len(test), design.side, design.side), bool)
    whole[design.good :] = [nearest(mask, design.side) for mask in masks]
    seen = [
        resize(np.stack(images), width=design.side, height=design.side, channels=3)
        for images in (training, test)
    ]
    return Images(*seen, whole)


def cut(photograph: np.ndarray, size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """A piece from anywhere."""
    row, column = (
        int(random.integers(0, there - wanted + 1))
        for there, wanted in zip(photograph.shape, size, strict=False)
    )
    return photograph[row : row + size[0], column : column + size[1]]


def exposed(piece: np.ndarray, random: np.random.Generator) -> NDArray[np.uint8]:
    """As a camera takes it: a little lighter or darker each time, with noise."""
    taken = piece * random.uniform(0.96, 1.04) + random.normal(0, 1.5, piece.shape)
    return np.rint(np.clip(taken, 0, 255)).astype(np.uint8)


def nearest(mask: NDArray[np.bool_], side: int) -> NDArray[Any]:
    """A mask at another size."""
    place = (np.arange(side) + 0.5) * len(mask) / side
    return mask[place.astype(int)][:, place.astype(int)]


#: Strengths at which defects are neither plain to see nor hidden.
DESIGNS = [
    Design("brick", "scratch", 0.3),
    Design("brick", "stain", 0.45),
    Design("brick", "polish", 1),
    Design("brick", "dust", 0.4),
    Design("grass", "scratch", 1.1),
    Design("grass", "stain", 0.9),
    Design("grass", "hole", 0.85),
    Design("gravel", "scratch", 0.75),
    Design("gravel", "hole", 0.8),
    Design("gravel", "inlay", 0.85),
    Design("tissue", "scratch", 0.8),
    Design("tissue", "inlay", 0.8),
]

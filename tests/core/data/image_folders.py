"""Small image data sets: a striped texture, with cracks where it is defective."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 24, 16


def texture(seed: int, *, light: float = 0.0) -> Any:
    """Stripes of a phase of their own, with noise, ``(16, 24, 3)`` uint8."""
    random = np.random.default_rng(seed)
    column = np.arange(WIDTH)
    wave = 110 + light + 40 * np.sin(column / 2 + random.random() * 6)
    pixels = wave[None, :, None] * [1, 0.8, 0.6] + 12 * random.standard_normal((HEIGHT, WIDTH, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def save(path: Path, pixels: Any, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def crack(seed: int) -> tuple[Any, Any]:
    """A texture with a dark crack, and its mask."""
    random, pixels, mask = np.random.default_rng(seed), texture(seed), np.zeros((HEIGHT, WIDTH), np.uint8)
    row, column = int(random.integers(2, 12)), int(random.integers(2, 12))
    mask[row : row + 2, column : column + 9] = 255
    pixels[mask > 0] = 10
    return pixels, mask


def mvtec(root: Path, *, training: int = 12, good: int = 4, bad: int = 4) -> None:
    """A tree as MVTec AD has it."""
    for number in range(training):
        save(root / f"train/good/{number:03}.png", texture(number))
    for number in range(good):
        save(root / f"test/good/{number:03}.png", texture(100 + number))
    for number in range(bad):
        pixels, mask = crack(200 + number)
        save(root / f"test/crack/{number:03}.png", pixels)
        save(root / f"ground_truth/crack/{number:03}_mask.png", mask)

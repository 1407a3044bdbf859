"""Damage to a piece of a surface: each kind is drawn by chance and says where it is, as a mask."""

from __future__ import annotations

from typing import Final

import numpy as np

Damaged = tuple[np.ndarray, np.ndarray]  # the image, and True where it was changed


def scratch(piece: np.ndarray, _other: np.ndarray, random: np.random.Generator) -> Damaged:
    """A thin bent line, lighter than what it crosses."""
    rows, columns = np.indices(piece.shape)
    middle, angle = random.uniform(0.3, 0.7, 2) * len(piece), random.uniform(0, np.pi)
    along = (rows - middle[0]) * np.sin(angle) + (columns - middle[1]) * np.cos(angle)
    across = (rows - middle[0]) * np.cos(angle) - (columns - middle[1]) * np.sin(angle)
    length, width = random.uniform(24, 45), random.uniform(1.2, 2.2)
    line = np.abs(across - along**2 * random.uniform(-0.01, 0.01)) / width
    shade = np.exp(-(line**2)) * (np.abs(along) < length)
    return piece + random.uniform(2, 3.5) * piece.std() * shade, shade > 0.3


def stain(piece: np.ndarray, _other: np.ndarray, random: np.random.Generator) -> Damaged:
    """A wet spot with a soft edge: darker, and with less contrast."""
    spot = blob(piece.shape, random.uniform(14, 22), random)
    damp = random.uniform(0.8, 1) * np.clip(3 * spot, 0, 1)
    return piece * (1 - damp) + damp * 0.45 * piece.mean(), spot > 0


def hole(piece: np.ndarray, _other: np.ndarray, random: np.random.Generator) -> Damaged:
    """A small dark pit with a lit rim on one side."""
    pit = blob(piece.shape, random.uniform(8, 12), random)
    rim = np.clip(1 - np.abs(pit) / 0.25, 0, 1) * (np.roll(pit, (2, 2), (0, 1)) > pit)
    return np.where(pit > 0, piece * random.uniform(0.05, 0.3), piece) + piece.std() * rim, (pit > 0) | (
        rim > 0.3
    )


def polish(piece: np.ndarray, _other: np.ndarray, random: np.random.Generator) -> Damaged:
    """A part rubbed smooth: its grain is gone, its brightness is not."""
    part = blob(piece.shape, random.uniform(14, 20), random)
    smooth = blurred(piece, random.integers(2, 5))
    return np.where(part > 0, smooth + random.normal(0, 1.5, piece.shape), piece), part > 0


def inlay(piece: np.ndarray, other: np.ndarray, random: np.random.Generator) -> Damaged:
    """A lump of another material, as light as its surroundings."""
    part = blob(piece.shape, random.uniform(14, 20), random)
    foreign = 1.2 * piece.std() * (other - other.mean()) / other.std() + piece.mean()
    return np.where(part > 0, foreign, piece), part > 0


DAMAGES: Final = {"scratch": scratch, "stain": stain, "hole": hole, "polish": polish, "inlay": inlay}


def blob(shape: tuple[int, ...], radius: float, random: np.random.Generator) -> np.ndarray:
    """A round thing with a wavy edge, away from the border: 1 in its middle, 0 at its edge, below 0 outside."""
    rows, columns = np.indices(shape)
    middle = random.uniform(0.22, 0.78, 2) * shape
    rows, columns = rows - middle[0], columns - middle[1]
    angle = np.arctan2(rows, columns)
    edge = radius * (
        1 + sum(random.uniform(-0.2, 0.2) / n * np.cos(n * angle + random.uniform(0, 6)) for n in (2, 3, 5))
    )
    return 1 - np.hypot(rows, columns) / edge


def blurred(image: np.ndarray, radius: int) -> np.ndarray:
    """The mean over a square, twice."""
    for axis in (0, 1, 0, 1):
        padded = np.pad(image, [(radius, radius) if a == axis else (0, 0) for a in (0, 1)], mode="reflect")
        sums = np.cumsum(np.insert(padded, 0, 0, axis), axis)
        size = 2 * radius + 1
        image = (
            np.take(sums, range(size, sums.shape[axis]), axis)
            - np.take(sums, range(sums.shape[axis] - size), axis)
        ) / size
    return image

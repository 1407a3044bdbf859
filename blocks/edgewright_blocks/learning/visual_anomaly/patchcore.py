"""PatchCore: a memory bank of normal cells, and scores by the distance to the nearest of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .bank import Bank, make_bank
from .coreset import Coreset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from edgewright_sdk import Context

__all__ = ["Bank", "Learned", "learn", "unseen_maps"]


@dataclass(frozen=True)
class Learned:
    """A bank, and where it comes from.

    Attributes
    ----------
    bank : Bank
    places : np.ndarray [shape=(m,), dtype=int64]
        Which of all training cells, image by image and row by row, each kept one is.
    held : np.ndarray [shape=(n, channels)] or None
        All training cells, where memory held them.
    """

    bank: Bank
    places: NDArray[np.int64]
    held: NDArray[np.float32] | None


def learn(
    parts: Iterable[NDArray[np.float32]],
    *,
    images: int,
    ratio: float,
    neighbours: int,
    kind: str,
    memory: float,
    groups: NDArray[np.int32],
    context: Context,
    before: Bank | None = None,
) -> Learned:
    """Learn from the cells of normal images.

    Parameters
    ----------
    parts : iterable of np.ndarray [shape=(n, rows, columns, channels)]
        Cells, some images at a time.
    images : int
        How many there are in all.
    ratio, neighbours, kind, memory
        The block's parameters.
    groups : np.ndarray [shape=(images,), dtype=int32]
        Images of one group are left out together where scores are to be as if unseen.
    context : Context
        Seed, progress, warnings.
    before : Bank, optional
        A bank to be enlarged: its cells stay, and new ones are chosen far from them.
    """
    coreset: Coreset | None = None
    each = 0
    for part in parts:
        each, channels = part.shape[1] * part.shape[2], part.shape[3]
        if coreset is None:
            known = None if before is None else before.cells
            coreset = Coreset(images * each, channels, ratio, memory, known=known)
        coreset.add(part.reshape(-1, channels))
    assert coreset is not None
    cells, places = coreset.chosen(
        context.random(), lambda done, total: context.progress(done, total, "cells chosen")
    )
    if coreset.reductions:
        context.warn(
            f"{images * each} cells take more than memory-limit ({memory:g} MB): they were merged and reduced {coreset.reductions} times "
            "on the way, so the kept cells aren't those of the exact choice"
        )
    elif len(cells) < coreset.count and before is None:
        context.warn(
            f"{len(cells)} cells kept instead of {coreset.count}: all others of the training images equal one of them"
        )
    owners = groups[places // each]
    if before is not None:
        cells, owners = np.concatenate([before.cells, cells]), np.concatenate([before.owners, owners])
    return Learned(make_bank(cells, owners, neighbours, kind), places, coreset.whole)


def unseen_maps(
    bank: Bank, parts: Iterable[NDArray[np.float32]], groups: NDArray[np.int32], context: Context
) -> NDArray[np.float32]:
    """Cell scores of each training image, its own kept cells (and those of its group) left out: ``(images, cells)``.

    Parameters
    ----------
    bank : Bank
    parts : iterable of np.ndarray [shape=(..., channels)]
        Cells, whole images at a time.
    groups : np.ndarray [shape=(images,), dtype=int32]
    """
    if len(np.unique(bank.owners)) < 2:
        context.warn(
            "all kept cells come from one image: scores as if unseen can't be had, and a threshold of seen ones is far too low; give more images"
        )
    found: list[NDArray[np.float32]] = []
    for part in parts:
        images = part[None] if part.ndim == 2 else part.reshape(len(part), -1, part.shape[-1])
        for cells in images:
            found.append(bank.scores(cells, without=int(groups[len(found)]))[0])
            if len(found) % 16 == 0 or len(found) == len(groups):
                context.progress(len(found), len(groups), "images scored as if unseen")
    return np.stack(found)

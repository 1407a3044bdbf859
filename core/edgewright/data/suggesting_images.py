"""Propose an impulse for images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.image_reading import item_warnings
from edgewright.data.suggestion import Choice, Suggestion, impulse_name

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.data.scan import Scan
    from edgewright.registry import Block

#: Sides of the input: of blocks that look for themselves, in pixels, and of a block that takes each pixel as a feature.
_DETAILED, _FEWEST, _MOST = 224, 96, 512
_COARSE = 32
_STEP = 8
_MOST_CLUSTERS = 8


def suggest_images(
    found: Scan,
    root: Path,
    options: dict[str, Any],
    data: dict[str, Choice],
    notes: list[str],
    *,
    training: int,
    visual: Block | None,
) -> Suggestion:
    """Propose an impulse for the images of a scan.

    Parameters
    ----------
    found : Scan
    root, options, data, notes : what is known of the folder and its labels
    training : int
        About how many images there are to learn from.
    visual : Block or None
        The one that learns from images themselves; without it K-means of small grey images has to do.
    """
    sizes = np.array([(fact.metadata["width"], fact.metadata["height"]) for fact in found.facts], np.float64)
    width, height = (int(side) for side in np.median(sizes, axis=0))
    ratio = float(np.median(sizes[:, 0] / sizes[:, 1]))
    short = float(np.clip(min(width, height) // _STEP * _STEP, _FEWEST, _DETAILED)) if visual else _COARSE
    sides = _sides(short, ratio, most=_MOST if visual else 2 * _COARSE)
    shape = "their proportions kept" if np.ptp(sizes[:, 0] / sizes[:, 1]) < 0.1 else "proportions differ"
    grey = all(fact.metadata["channels"] == 1 for fact in found.facts)
    seen = "what each place looks like" if visual else "each pixel is a feature, so few have to do"
    chosen = {
        "kind": Choice("image"),
        "width": Choice(sides[0], f"most images are {width} × {height}; {seen}"),
        "height": Choice(sides[1], shape),
        "channels": Choice(
            "grayscale" if grey or not visual else "rgb",
            "all images are grey"
            if grey
            else ""
            if visual
            else "a third of the features; rgb where colour tells",
        ),
        "resize": Choice(
            "squash", "distorts where proportions differ; fit-shortest cuts, fit-longest fills with black"
        ),
    }
    processing: tuple[str, dict[str, Choice], str] | None = None
    learning: tuple[str, dict[str, Choice], str] = (
        visual.name if visual else "", {}, "compares each place of an image with places of normal ones; gives a map",
    )  # fmt: skip
    if visual is None:
        colours = {"channels": Choice("Grayscale", "one brightness a pixel")}
        processing = ("image", colours, "the pixels as they are, from 0 to 1")
        clusters = int(np.clip(training // 20, 1, _MOST_CLUSTERS))
        params = {"clusters": Choice(clusters, f"about {training} training images, 20 or more a cluster")}
        why = "learns what normal images look like; for parts that lie the same way in each picture"
        learning = ("kmeans", params, why)
    files = len(found.inventory.files)
    head = [f"Made by `edgewright init` for images: {files} file(s), read as {found.inventory.reader.name}."]
    if found.inventory.masks:
        head.append(
            f"{len(found.inventory.masks)} image(s) have masks of their defects; they are used to judge maps."
        )
    return Suggestion(
        kind="image",
        path=root,
        name=impulse_name((root.resolve() if root.is_dir() else root.with_suffix("")).name),
        data=data,
        input=chosen,
        processing=processing,
        learning=learning,
        notes=(*head, *notes),
        warnings=(
            *(f"{file}: {reason}" for file, reason in found.bad),
            *_not_read(found),
            *found.warnings,
            *item_warnings((fact.label, fact.metadata) for fact in found.facts),
        ),
        options=options,
        deploys=visual is None
        or (visual.spec.edgewright is not None and bool(visual.spec.edgewright.device)),
    )


def _not_read(found: Scan) -> list[str]:
    """Files beside the images, which may be some that nobody can read, and masks of no image."""
    lines = []
    for files, what in (
        (found.inventory.ignored, "no images that can be read"),
        (found.inventory.lone_masks, "masks without their image"),
    ):
        if files:
            named = ", ".join(files[:4]) + (", …" if len(files) > 4 else "")
            lines.append(f"{len(files)} file(s) are {what}: {named}")
    return lines


def _sides(short: float, ratio: float, *, most: int) -> tuple[int, int]:
    """Width and height, multiples of 8, the shorter one as wanted and the longer one in proportion."""
    long = min(round(short * max(ratio, 1 / ratio) / _STEP) * _STEP, most)
    return (long, int(short)) if ratio >= 1 else (int(short), long)

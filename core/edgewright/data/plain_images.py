"""Images sorted into folders by split and label, their masks beside them: what ``edgewright data import`` does."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from edgewright.data.image_reading import picture_of
from edgewright.data.items import FIELD
from edgewright.data.readers.base import BadFileError
from edgewright.data.reading import bad_file, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edgewright.data.layout import FileFacts
    from edgewright.data.listing import Inventory

MASKS = "ground_truth"


def copy_images(
    files: Inventory,
    facts: dict[str, FileFacts],
    out: Path,
    place: Callable[[tuple[str, ...], str], str],
    *,
    skip_bad: bool,
) -> tuple[int, list[tuple[str, str]], list[str]]:
    """Copy images to ``out/<split>/<label>/<item>/``, byte for byte, and masks to ``out/ground_truth/<label>/<item>/``.

    Parameters
    ----------
    files : Inventory
        Of images.
    facts : dict
        By file; files that it doesn't have are left out.
    out : Path
        Where to.
    place : callable
        ``(folders, name) -> relative path`` that no other file has, without an ending.
    skip_bad : bool
        Whether images that can't be read are left out, and named.

    Returns
    -------
    images : int
    skipped : list of (file, reason)
    warnings : list of str
    """
    count, skipped, warnings = 0, [], []
    for file in files.files:
        fact = facts.get(file.relative)
        if fact is None:
            continue
        try:
            warnings += [f"{shown(files, file)}: {remark}" for remark in picture_of(files, file).remarks]
        except BadFileError as problem:
            if not skip_bad:
                raise bad_file(shown(files, file), problem, "leave such files out by --skip-bad") from problem
            skipped.append((shown(files, file), problem.reason))
            continue
        kind = tuple(str(part) for part in (fact.label, fact.metadata.get(FIELD)) if part)
        target = place(((fact.split,) if fact.split else ()) + kind, file.path.stem)
        _copy(file.path, out / (target + file.path.suffix.lower()))
        count += 1
        *folders, name = target.split("/")
        beside = out.joinpath(MASKS, *folders[bool(fact.split) :])
        masks = files.masks.get(file.relative, ())
        for number, mask in enumerate(masks):
            own = f"{name}_mask" if len(masks) == 1 else f"{name}/{number}"
            _copy(mask.path, beside / (own + mask.path.suffix.lower()))
    warnings += [f"{mask}: a mask without its image: left out" for mask in files.lone_masks]
    return count, skipped, warnings


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)

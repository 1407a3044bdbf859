"""Which bytes a tag meant: what a run's lock keeps of its images, and saying when a tag has moved since."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from edgewright.errors import EdgewrightError, UsageError
from edgewright.images.engine import image_id
from edgewright.sharing.push import pin_of
from edgewright.sharing.reference import Reference
from edgewright.sharing.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: A run doesn't wait longer for a registry that may be out of reach: it needs none.
ASK_SECONDS = 3.0


def pins_of(images: Mapping[str, str]) -> dict[str, str]:
    """Return what names the same bytes for ever, for each reference and the image that it stands for.

    Returns
    -------
    dict of str to str
        ``repository@sha256:…`` by reference; an image that was never in a registry by its content id.
    """
    return {reference: pin_of(image) or image_id(image) or "" for reference, image in images.items()}


def read_pins(lock: Path) -> dict[str, str]:
    """The images of an ``impulse.lock``.

    Raises
    ------
    UsageError
        It can't be read, or is no lock.
    """
    try:
        document = json.loads(lock.read_text(encoding="utf-8"))
        return {str(name): str(pin) for name, pin in document["images"].items()}
    except OSError as problem:
        raise UsageError(f"{lock}: {problem.strerror or problem}") from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UsageError(
            f"{lock}: is no lock of a run",
            hint="give the impulse.lock of a run folder: --locked runs/…/impulse.lock",
        ) from problem


def moves(now: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    """Say which tags mean something else than in the run before, and which have moved in their registry.

    A registry is asked once for each tag and briefly: one that doesn't answer is no reason not to run.
    """
    lines = [
        f"the tag {reference} has moved since the last run of this impulse: it was {_short(before[reference])}, "
        f"it is {_short(pin)}; to use the old one write `block: {before[reference]}`, or run with --locked LOCK"
        for reference, pin in now.items()
        if reference in before and before[reference] != pin
    ]
    with ThreadPoolExecutor(max_workers=max(1, len(now))) as pool:
        asked = pool.map(_ask, now.keys(), now.values())
    return [*lines, *(line for line in asked if line)]


def _ask(reference: str, pin: str) -> str | None:
    parsed = Reference.parse(reference)
    here = pin.partition("@")[2]
    if parsed.digest or not here:  # it can't move, or was never in a registry
        return None
    tagged = parsed.tagged()
    try:
        there = Registry(parsed.host, seconds=ASK_SECONDS).digest(parsed.repository, tagged.tag or "")
    except EdgewrightError:
        return None
    if there in (None, here):
        return None
    return (
        f"the registry has another image under {reference} by now ({_short(there or '')}); this run uses the one that "
        f"is here ({_short(here)}). `edgewright blocks pull {reference}` takes the new one"
    )


def _short(pin: str) -> str:
    return pin.rpartition("@")[2][: len("sha256:") + 12]

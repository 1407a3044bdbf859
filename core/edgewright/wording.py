"""What windows and recordings are called: an image is both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.running.run import Run


@dataclass(frozen=True)
class Wording:
    """Words for one window and one recording; ``tables`` of metrics and decisions by what they are called.

    ``whole``: a window is all of its recording, so that what is said of the one needn't be said of the other.
    """

    window: str
    recording: str
    tables: Mapping[str, str]
    whole: bool


SIGNALS = Wording("window", "recording", {"windows": "windows", "recordings": "recordings"}, whole=False)
IMAGES = Wording("image", "image", {"images": "windows"}, whole=True)


def wording(run: Run) -> Wording:
    """Words for what a run looks at; those of signals where it failed before that was known."""
    from edgewright.errors import UsageError

    try:
        return IMAGES if run.of_images else SIGNALS
    except UsageError:
        return SIGNALS

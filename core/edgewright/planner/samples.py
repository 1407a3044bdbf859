"""What planning reads of the data: small facts that the ``index`` step wrote, no array."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright_specs.interface import Split, WindowSpec

CHUNK_BYTES = 64 << 20


@dataclass(frozen=True)
class Samples:
    """What planning needs of the data: the window, its stride, and which rows of the index each split has."""

    window: WindowSpec
    splits: Mapping[Split, tuple[int, int]]
    stride: int
    labels: tuple[str, ...] = ()  # of the training windows, sorted

    @property
    def length(self) -> int:
        """Rows of the signal in a window; an image is one row."""
        return self.window.get("length", 1)

    @property
    def unlabelled(self) -> bool:
        """Whether the same samples are fitted and scored (`split: none`)."""
        return all(first == last for split, (first, last) in self.splits.items() if split != "training")

    def chunks(self, split: Split) -> list[tuple[int, int]]:
        """Row ranges of one split, each at most :data:`CHUNK_BYTES` of windows."""
        first, last = self.splits[split]
        step = max(1, CHUNK_BYTES // self._window_bytes)
        return [(start, min(start + step, last)) for start in range(first, last, step)]

    @property
    def _window_bytes(self) -> int:
        """Bytes of a window in float32, which an image's features are, though its pixels aren't."""
        window = self.window
        if window["kind"] == "image":
            return 4 * window["width"] * window["height"] * window["channels"]
        return 4 * window["length"] * len(window["axes"])


def load_samples(folder: Path) -> Samples:
    """Read what the ``index`` step wrote into ``folder``."""
    info = json.loads((folder / "windows.json").read_text(encoding="utf-8"))
    of_kind = ("width", "height", "channels") if info["kind"] == "image" else ("length", "axes", "frequency")
    window: WindowSpec = {name: info[name] for name in ("kind", *of_kind)}  # type: ignore[assignment]
    splits = {split: tuple(info["splits"].get(split, (0, 0))) for split in SPLITS}
    labels = tuple(info.get("labels", ()))  # earlier versions wrote none, and learned none
    return Samples(window, splits, info["stride"], labels)

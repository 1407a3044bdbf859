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
    def unlabelled(self) -> bool:
        """Whether the same samples are fitted and scored (`split: none`)."""
        return all(first == last for split, (first, last) in self.splits.items() if split != "training")

    def chunks(self, split: Split) -> list[tuple[int, int]]:
        """Row ranges of one split, each at most :data:`CHUNK_BYTES` of windows."""
        first, last = self.splits[split]
        row_bytes = 4 * self.window["length"] * len(self.window["axes"])
        step = max(1, CHUNK_BYTES // row_bytes)
        return [(start, min(start + step, last)) for start in range(first, last, step)]


def load_samples(folder: Path) -> Samples:
    """Read what the ``index`` step wrote into ``folder``."""
    info = json.loads((folder / "windows.json").read_text(encoding="utf-8"))
    window: WindowSpec = {
        "kind": info["kind"],
        "length": info["length"],
        "axes": info["axes"],
        "frequency": info["frequency"],
    }
    splits = {split: tuple(info["splits"].get(split, (0, 0))) for split in SPLITS}
    labels = tuple(info.get("labels", ()))  # earlier versions wrote none, and learned none
    return Samples(window, splits, info["stride"], labels)

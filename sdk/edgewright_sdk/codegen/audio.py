"""Tables of the audio blocks' device code: frames, streams and mel filters. Their C++ side is ``edgewright/audio.h``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.codegen.memory import scratch_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk.signal import Frames
    from edgewright_specs.interface import WindowSpec


@dataclass(frozen=True)
class AudioTables:
    """How the device cuts and transforms a window, and what of it a stream can keep.

    Where a stream's stride is a whole number of frames, all frames but the new ones have been computed before; those that the
    circle of the pre-emphasis reaches are computed again.
    """

    frames: Frames
    window: WindowSpec
    scale: float = 1.0
    emphasis: tuple[float, int] = (0.0, 1)

    @property
    def new_frames(self) -> int:
        """By how many frames the next window of a stream is further on; 0 where nothing can be kept."""
        stride, step = self.window.get("stride", 0), self.frames.step
        whole = stride % step == 0 and stride // step < self.frames.count
        return stride // step if whole else 0

    @property
    def streams(self) -> bool:
        """Whether a stream keeps frames."""
        return self.new_frames > 0

    def tables(self) -> dict[str, Any]:
        """Return the fields of ``ew_frames``, which are a table struct's first."""
        n = self.frames.fft_length
        factor, shift = self.emphasis
        return {
            "frame_used": self.frames.used,
            "frame_step": self.frames.step,
            "frames": self.frames.count,
            "fft_length": n,
            "new_frames": self.new_frames,
            "shift": shift % self.window["length"],
            "factor": np.float32(factor),
            "scale": np.float32(self.scale),
            "quarter_wave": np.sin(2 * np.pi * np.arange(n // 4 + 1) / n).astype(np.float32),
        }

    def state_bytes(self, values: int) -> int:
        """Bytes of a stream that keeps `values` floats a frame."""
        return 4 * (1 + self.frames.count * values) if self.streams else 0

    def scratch_bytes(self, *counts: int) -> int:
        """Scratch memory: a frame, its transform, and pieces of so many floats."""
        n = self.frames.fft_length
        return scratch_bytes(n, n, *counts)

    @staticmethod
    def mel(filters: NDArray[np.float64]) -> dict[str, Any]:
        """Return the fields of ``ew_mel_bank``: of each filter only the bins where it is not 0."""
        first = [int(np.flatnonzero(row)[0]) for row in filters]
        last = [int(np.flatnonzero(row)[-1]) for row in filters]
        pieces = [row[a : b + 1] for row, a, b in zip(filters, first, last, strict=True)]
        return {
            "filters": len(filters),
            "first": np.asarray(first, np.int16),
            "count": np.asarray([len(piece) for piece in pieces], np.int16),
            "weights": np.concatenate(pieces).astype(np.float32),
        }

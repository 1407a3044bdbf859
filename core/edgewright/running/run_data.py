"""The data of a run: its samples, and the windows that were cut from them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgewright.running.run_documents import RunDocuments

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class RunData(RunDocuments):
    """One run folder as far as its data go."""

    @cached_property
    def samples(self) -> list[dict[str, Any]]:
        """Samples: name, file, label, split, normal, offset and length in :attr:`signal`, group, metadata."""
        samples: list[dict[str, Any]] = self._json("data", "samples.json")
        return samples

    def samples_of(self, node: str) -> list[dict[str, Any]]:
        """Samples as a node is judged by: for one of a region they are abnormal only where their defect touches it."""
        if node not in self.regions or self.masks is None:
            return self.samples
        from edgewright.scoring import region_samples

        return region_samples(self.samples, self.masks, self.params(node))

    @cached_property
    def windows_info(self) -> dict[str, Any]:
        """``windows.json``: rows of each split, length, stride, axes, frequency."""
        info: dict[str, Any] = self._json("data", "windows.json")
        return info

    @property
    def of_images(self) -> bool:
        """Whether its samples are images, each one window."""
        return self.windows_info.get("kind") == "image"

    @cached_property
    def signal(self) -> NDArray[Any]:
        """All samples on end, ``(total, axes)`` float32, or images ``(total, h, w, c)`` uint8, mapped from disk."""
        import numpy as np

        signal: NDArray[Any] = np.load(self.path / "outputs" / "data" / "signal.npy", mmap_mode="r")
        return signal

    @cached_property
    def index(self) -> NDArray[Any]:
        """Windows: structured ``(sample, start, valid)``, sorted by split."""
        import numpy as np

        index: NDArray[Any] = np.load(self.path / "outputs" / "data" / "index.npy", mmap_mode="r")
        return index

    def rows(self, split: str) -> tuple[int, int]:
        """First row of a split in :attr:`index` and the one after its last."""
        first, last = self.windows_info["splits"].get(split, (0, 0))
        return int(first), int(last)

    @cached_property
    def masks(self) -> NDArray[np.bool_] | None:
        """Where images are defective, ``(masks, height, width)``: ``mask`` of a sample is its row; None without any."""
        import numpy as np

        path = self.path / "outputs" / "data" / "masks.npy"
        return np.load(path, mmap_mode="r") if path.exists() else None

    def window(self, row: int) -> NDArray[Any]:
        """One window, ``(length, axes)``, zero-padded where the sample ends, or one image ``(height, width, channels)``."""
        import numpy as np

        from edgewright.data import windows

        cut: NDArray[Any] = windows(self.signal, self.index, np.array([row]), self.windows_info["length"])[0]
        return cut

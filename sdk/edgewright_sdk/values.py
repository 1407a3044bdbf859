"""What goes into a block and comes out of it: windows, features, scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.arrays import Chunked
from edgewright_sdk.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from edgewright_sdk.arrays import Array
    from edgewright_specs.interface import WindowSpec


class Windows:
    """A batch of windows.

    Parameters
    ----------
    values : np.ndarray [shape=(n, length, axes), dtype=float32] or Chunked
        Images: ``(n, height, width, channels)`` uint8.
    spec : WindowSpec
        What one window is.
    """

    def __init__(self, values: Array | Chunked, spec: WindowSpec) -> None:
        self._chunked = values if isinstance(values, Chunked) else None
        self._values = None if isinstance(values, Chunked) else values
        self._count = len(values)
        self.spec = spec

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> Array:
        """All windows, read-only, read once. For inputs larger than memory use :meth:`batches`."""
        if self._values is None:
            self._values = self.rows(0, self._count)
        return self._values

    def rows(self, start: int, stop: int) -> Array:
        """Windows ``start`` to ``stop``."""
        if self._values is not None:
            return self._values[start:stop]
        assert self._chunked is not None
        return self._chunked.rows(start, stop)

    def batches(self, batch_bytes: int = 16 << 20) -> Iterator[Windows]:
        """Cut into batches of at most ``batch_bytes`` (at least one window) each, for bounded memory."""
        chunked = self._chunked if self._chunked is not None else Chunked([self.values])
        for start, stop in chunked.batches(batch_bytes):
            yield Windows(self.rows(start, stop), self.spec)

    @property
    def axes(self) -> list[str]:
        """Names of the axes."""
        return self.spec["axes"]

    @property
    def frequency(self) -> float:
        """Samples a second, in Hz."""
        return self.spec["frequency"]

    @property
    def length(self) -> int:
        """Samples a window."""
        return self.spec["length"]


@dataclass(frozen=True)
class FeatureSpec:
    """Features before any exist: their labels and shape.

    Attributes
    ----------
    labels : list of str
        One a column.
    shape : dict
        The declared output shape: ``{"type": "flat", "width": f}``; several upstream nodes make it flat.
    """

    labels: list[str]
    shape: dict[str, Any]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.labels)


class Features:
    """A batch of feature vectors, labelled.

    Parameters
    ----------
    values : array [shape=(n, f)]
        Becomes float32.
    labels : sequence of str
        One a column, ``"<axis> <feature>"``.
    shape : dict, optional
        Output shape; flat by default.
    """

    def __init__(self, values: ArrayLike, labels: Sequence[str], shape: dict[str, Any] | None = None) -> None:
        with np.errstate(over="ignore"):  # what overflows is reported with its label, see operations.py
            array = np.asarray(values, dtype=np.float32)
        if array.ndim != 2 or array.shape[1] != len(labels):
            raise OutputError(
                f"features have shape {array.shape} for {len(labels)} labels; expected (windows, {len(labels)})"
            )
        self._values: NDArray[np.float32] | None = array
        self._parts: list[Chunked] = []
        self._rows = len(array)
        self.spec = FeatureSpec(list(labels), shape or {"type": "flat", "width": len(labels)})

    @classmethod
    def from_parts(cls, parts: Sequence[Chunked], spec: FeatureSpec) -> Features:
        """Present the chunk files of one or more nodes as one; columns in the order given."""
        features = cls.__new__(cls)
        features._values = None
        features._parts = list(parts)
        features._rows = len(parts[0])
        features.spec = spec
        return features

    def __len__(self) -> int:
        return self._rows

    @property
    def values(self) -> NDArray[np.float32]:
        """All rows, ``(n, f)`` float32, read once. For inputs larger than memory use :meth:`batches`."""
        if self._values is None:
            self._values = self.rows(0, self._rows)
        return self._values

    @property
    def labels(self) -> list[str]:
        """Names of the columns."""
        return self.spec.labels

    @property
    def shape(self) -> dict[str, Any]:
        """The declared output shape."""
        return self.spec.shape

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Rows ``start`` to ``stop``, ``(n, f)`` float32."""
        if self._values is not None:
            return self._values[start:stop]
        columns = [np.asarray(part.rows(start, stop), dtype=np.float32) for part in self._parts]
        return columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)

    def batches(self, batch_bytes: int = 16 << 20) -> Iterator[Features]:
        """Cut into batches of at most ``batch_bytes``, for bounded memory."""
        step = max(batch_bytes // (4 * max(self.spec.width, 1)), 1)
        for start in range(0, self._rows, step):
            rows = self.rows(start, min(start + step, self._rows))
            yield Features(rows, self.spec.labels, self.spec.shape)


@dataclass(frozen=True)
class Scores:
    """What a learning block says about each of ``n`` windows; give what the block has.

    Attributes
    ----------
    scores : np.ndarray [shape=(n,)] or None
        Anomaly score, unclamped, higher = more anomalous.
    contributions : np.ndarray [shape=(n, k), dtype=float32] or None
        What each described input adds to the score.
    probabilities : np.ndarray [shape=(n, classes), dtype=float32] or None
        Class probabilities.
    map : np.ndarray [shape=(n, h, w), dtype=float32] or None
        Anomaly score a cell.
    in_float32 : np.ndarray [shape=(n, 1) or (n, classes), dtype=float32] or None
        What the score or the probabilities would be in float32, of a model that computes in integers: the report compares them.
    nearest : np.ndarray [shape=(n, 3), dtype=int32] or None
        What the largest cell of the map was compared with: a window that was learned from (its row of what ``fit`` was given),
        and the row and column of the cell in that window's map. The report shows the two side by side.
    """

    scores: NDArray[np.float32] | NDArray[np.float64] | None = None
    contributions: NDArray[np.float32] | None = None
    probabilities: NDArray[np.float32] | None = None
    map: NDArray[np.float32] | None = field(default=None)
    in_float32: NDArray[np.float32] | None = None
    nearest: NDArray[np.int32] | None = None

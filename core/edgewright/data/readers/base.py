"""What a reader is, and the recordings it yields.

A reader turns one file into recordings: arrays with named axes and what the file itself knows about rate, label and
metadata. What the *folder* knows (labels by folder, splits, ``info.labels``) is added by :mod:`edgewright.data.layout`,
so that every reader stays a few lines about one format.

Readers import NumPy and the like when they read: choosing one, which every run does, costs no array library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

Options = Mapping[str, Any]
Kind = Literal["signal", "image"]

#: A clock that strays less than half a step from a straight line is a steady rate, not an irregular one.
_STEADY = 0.5
#: A pause of more than this many steps is reported as a gap.
GAP_STEPS = 2.5
#: A pause of more than this many steps ends a recording: a straight line across it would be an invention.
PAUSE_STEPS = 100.0


class BadFileError(Exception):
    """A file that can't be read: the reason, and the line where there is one."""

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class MissingCellsError(BadFileError):
    """A table with missing cells, where the options do not say what to do about them."""


@dataclass(frozen=True)
class Recording:
    """One recording as its file holds it.

    Parameters
    ----------
    values : np.ndarray [shape=(length, axes), dtype=float32]
    axes, units : names and units of the columns; a unit may be ``""``
    frequency : number > 0 or None
        Samples per second; None where the file does not say.
    times : np.ndarray [shape=(length,), dtype=float64] or None
        Seconds from the first value, strictly increasing; only where the clock is irregular.
    part : str
        Tells the recordings of one file apart; ``""`` where there is only one.
    rows : one name a row where each row is a sample of its own (tabular data), with ``row_labels``
    """

    values: Signal
    axes: tuple[str, ...]
    units: tuple[str, ...] = ()
    frequency: float | None = None
    times: NDArray[np.float64] | None = None
    label: str | None = None
    part: str = ""
    split: str | None = None
    metadata: Mapping[str, str | float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    row_labels: tuple[str | None, ...] | None = None

    @property
    def length(self) -> int:
        return len(self.values)

    @property
    def seconds(self) -> float | None:
        """Duration, or None where no rate is known."""
        if self.times is not None:
            return float(self.times[-1]) if len(self.times) else 0.0
        return self.length / self.frequency if self.frequency else None


class Reader(Protocol):
    """Implemented by plugins through the ``edgewright_readers`` hook.

    ``name`` is what an impulse calls it (``data.reader``); ``version`` goes into keys: raise it when the same bytes are
    read differently. ``kind`` says what the recordings are.
    """

    name: str
    version: int
    kind: Kind

    def detect(self, path: Path) -> bool:
        """Whether this file is one of its own: by suffix, and by the first bytes where the suffix is shared."""

    def recordings(self, path: Path, options: Options) -> Iterator[Recording]:
        """Read the file. Raises BadFileError."""


class Picture(NamedTuple):
    """Pixels ``(height, width, 1 or 3)`` uint8, and what a person should know of how they came about."""

    pixels: NDArray[np.uint8]
    remarks: tuple[str, ...] = ()


class PictureReader(Reader, Protocol):
    """A reader of ``kind`` image: its recordings have no values, only metadata (``width``, ``height``)."""

    def picture(self, path: Path, options: Options) -> Picture:
        """Read the pixels of a file. Raises BadFileError."""


@dataclass(frozen=True)
class Clock:
    """What time stamps say: a steady ``frequency``, or ``times`` where the steps differ; ``warnings`` name gaps."""

    frequency: float | None
    times: NDArray[np.float64] | None
    warnings: tuple[str, ...]


def clock_of(seconds: NDArray[np.float64]) -> Clock:
    """Judge time stamps that never go back.

    Parameters
    ----------
    seconds : np.ndarray [shape=(length,)]

    Notes
    -----
    Steady means: no stamp is half a step or more off the straight line through first and last. Stamps in whole
    milliseconds of a 62.5 Hz sensor pass; a lost packet does not. The rate is rounded to four digits, since stamps of a
    crystal read 62.4998 Hz one day and 62.5003 Hz the next.
    """
    import numpy as np

    count = len(seconds)
    if count < 2:
        return Clock(None, None, ())
    elapsed = seconds - seconds[0]
    if not elapsed[-1] > 0:
        return Clock(None, None, ("the time column does not advance: it is ignored",))
    step = float(elapsed[-1]) / (count - 1)
    off = float(np.abs(elapsed - step * np.arange(count)).max())
    if off < _STEADY * step:
        return Clock(_rounded(1.0 / step), None, ())
    repeated = int((np.diff(elapsed) <= 0).sum())
    if repeated:
        # A clock coarser than the sensor (whole seconds at 50 Hz) says nothing about single steps.
        warning = f"{repeated} time stamp(s) repeat the one before: read at the mean rate"
        return Clock(_rounded(1.0 / step), None, (warning,))
    steps = np.diff(elapsed)
    usual = float(np.median(steps))
    gaps = steps > GAP_STEPS * usual
    warnings: tuple[str, ...] = ()
    if gaps.any():
        where = float(elapsed[int(np.argmax(steps))])
        warnings = (
            f"{int(gaps.sum())} gap(s) in time, the longest {steps.max():.3g} s at {where:.3g} s: bridged by straight lines",
        )
    return Clock(_rounded(1.0 / usual), elapsed, warnings)


def long_pauses(seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the step to the next stamp is a pause of more than :data:`PAUSE_STEPS` usual steps.

    Parameters
    ----------
    seconds : np.ndarray [shape=(length,)]

    Returns
    -------
    np.ndarray [shape=(length - 1,)]
    """
    import numpy as np

    steps = np.diff(seconds)
    forward = steps[steps > 0]
    if not len(forward):
        return np.zeros(len(steps), dtype=bool)
    # The usual step of a clock that repeats its stamps is the mean within a stamp, not the step between stamps.
    usual = float(np.median(steps[steps >= 0])) or float(np.median(forward))
    return np.asarray(steps > PAUSE_STEPS * usual)


def _rounded(frequency: float) -> float:
    return float(f"{frequency:.4g}")


def axis_names(count: int) -> tuple[str, ...]:
    """Names for columns that have none: ``ch1``, ``ch2``, …"""
    return tuple(f"ch{i + 1}" for i in range(count))


def as_signal(values: NDArray[Any]) -> Signal:
    """Two-dimensional float32, C order. Raises BadFileError for values that are not finite or too large for float32."""
    import numpy as np

    table = values[:, None] if values.ndim == 1 else values
    with np.errstate(over="ignore", invalid="ignore"):
        signal = np.ascontiguousarray(table, dtype=np.float32)
    finite = np.isfinite(signal)
    if not finite.all():
        row, column = (int(i) for i in np.argwhere(~finite)[0])
        raise BadFileError(
            f"{int((~finite).sum())} value(s) are missing or not finite, the first in row {row + 1}, column {column + 1}"
        )
    return signal


def number_option(options: Options, name: str) -> float | None:
    """A positive number among the reader's options, or None. Raises BadFileError."""
    value = options.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise BadFileError(f"the reader option {name!r} must be a number above 0, got {value!r}")
    return float(value)


def known_options(options: Options, allowed: Iterable[str], reader: str) -> None:
    """Refuse options that this reader does not have, by name."""
    import difflib

    names = sorted(allowed)
    for given in options:
        if given not in names:
            near = difflib.get_close_matches(given, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise BadFileError(
                f"the reader {reader} has no option {given!r} (it has: {', '.join(names) or 'none'}){hint}"
            )

"""What the loop feeds a block: windows of a file, of a data folder, or a signal made up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from edgewright.data.readers.base import BadFileError, Recording
from edgewright.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.data.readers.base import Reader

WINDOW_MS: Final = 2000.0
MOST_WINDOWS: Final = 8
#: A folder is looked through for recordings of one form.
MOST_FILES: Final = 32


@dataclass(frozen=True)
class Sample:
    """Windows, or rows of features, with what is known of them.

    Attributes
    ----------
    values : np.ndarray [shape=(n, length, axes), (n, height, width, channels) or (n, f)]
    frequency : float or None
    axes : tuple of str or None
    names : tuple of str
        What each window is called.
    origin : str
        Where they come from, for a person.
    table : np.ndarray [shape=(n, f)] or None
        The whole array, where it could as well be rows of features.
    """

    values: NDArray[Any]
    frequency: float | None
    axes: tuple[str, ...] | None
    names: tuple[str, ...]
    origin: str
    table: NDArray[Any] | None = None


def read_sample(
    path: Path,
    readers: Sequence[Reader],
    *,
    frequency: float | None = None,
    axes: Sequence[str] | None = None,
    window_ms: float = WINDOW_MS,
    most: int = MOST_WINDOWS,
) -> Sample:
    """Read windows to try a block on.

    Parameters
    ----------
    path : Path
        ``.npy``: windows ``(n, length, axes)``, images ``(n, h, w, c)`` uint8, or one signal ``(length, axes)``. Any other
        file, and a folder: recordings, as an impulse's readers read them, or images.
    readers : sequence of Reader
    frequency : float, optional
        Samples a second, where the file doesn't say.
    axes : sequence of str, optional
        Names for the columns of an array; of a recording, which to take.
    window_ms : float > 0
        Length of a window cut from a signal; a shorter signal is one window.
    most : int >= 1
        How many windows to take: the first of a file, one each of the recordings of a folder.

    Raises
    ------
    DataError
        It can't be read, or no rate is known.
    """
    if window_ms <= 0 or most < 1:
        raise UsageError(
            f"windows of {window_ms} ms, {most} of them", hint="allowed: more than 0 ms, at least 1"
        )
    if path.suffix == ".npy" and path.is_file():
        return _of_array(path, frequency, axes, window_ms, most)
    alike: dict[object, list[_Cut]] = {}  # only windows of one form can stand in one array
    for piece in _pieces(path, readers, frequency, axes, window_ms, most):
        group = alike.setdefault((piece.values.shape, piece.frequency, piece.axes), [])
        group.append(piece)
        if len(group) >= most:
            break
    import numpy as np

    chosen = max(alike.values(), key=len)
    values = np.stack([piece.values for piece in chosen])
    names = tuple(piece.name for piece in chosen)
    return Sample(values, chosen[0].frequency, chosen[0].axes, names, str(path))


@dataclass(frozen=True)
class _Cut:
    """One window with where it is from."""

    values: NDArray[Any]
    frequency: float | None
    axes: tuple[str, ...] | None
    name: str


def _pieces(
    path: Path,
    readers: Sequence[Reader],
    frequency: float | None,
    axes: Sequence[str] | None,
    window_ms: float,
    most: int,
) -> Iterator[_Cut]:
    """Windows of a file, one each of the recordings of a folder, or images."""
    for found, name in _recordings(path, readers):
        if not isinstance(found, Recording):
            yield _Cut(found, None, None, name)
            continue
        values, rate, names = _regular(found, name, frequency, axes)
        windows = _cut(values, _length(window_ms, rate), 1 if path.is_dir() else most)
        for number, window in enumerate(windows):
            yield _Cut(window, rate, names, name if path.is_dir() else f"{name} #{number}")
        if not path.is_dir():
            return


def _of_array(
    path: Path, frequency: float | None, axes: Sequence[str] | None, window_ms: float, most: int
) -> Sample:
    import numpy as np

    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: not an array that can be read: {error}") from None
    if (
        not isinstance(values, np.ndarray)
        or values.dtype.kind not in "fiub"
        or values.ndim not in (1, 2, 3, 4)
    ):
        raise DataError(
            f"{path}: not windows, images or a signal",
            hint="allowed: (n, length, axes), (n, height, width, channels) uint8, or (length, axes)",
        )
    if not len(values):
        raise DataError(f"{path}: holds nothing", hint="at least one window, image or row is needed")
    table = values if values.ndim == 2 else None
    if values.ndim <= 2:
        signal = values.reshape(len(values), -1)
        length = _length(window_ms, frequency) if frequency is not None else len(signal)
        values = _cut(signal, length, most)
    values = values[:most]
    names = tuple(f"window {number}" for number in range(len(values)))
    return Sample(values, frequency, None if axes is None else tuple(axes), names, str(path), table)


def _recordings(path: Path, readers: Sequence[Reader]) -> Iterator[tuple[Recording | NDArray[Any], str]]:
    """Recordings, or images as arrays, with their names; a folder's are spread over it."""
    from edgewright.data.image_reading import picture_of
    from edgewright.data.listing import list_files
    from edgewright.data.reading import recordings_of
    from edgewright.report.sampling import spread

    found = list_files(path, readers)
    facts = found.layout({}).facts
    reasons = []
    given = 0
    for place in spread(len(found.files), MOST_FILES):
        file = found.files[place]
        try:
            if found.reader.kind == "image":
                yield picture_of(found, file).pixels, file.relative
                given += 1
                continue
            for recording in recordings_of(found, file, facts[file.relative], {}):
                if recording.length:
                    given += 1
                    yield recording, " ".join(filter(None, (file.relative, recording.part)))
        except BadFileError as error:
            reasons.append(f"{file.relative}: {error.reason}")
    if not given:
        raise DataError(f"{path}: nothing in it" + (f": {reasons[0]}" if reasons else ""))


def _regular(
    recording: Recording, name: str, frequency: float | None, axes: Sequence[str] | None
) -> tuple[NDArray[Any], float, tuple[str, ...]]:
    """Values at one rate, that rate, and the names of the axes taken."""
    import numpy as np

    from edgewright.data.resampling import interpolate, resample

    values, rate = recording.values, recording.frequency
    if recording.times is not None and recording.length > 1:
        rate = frequency or 1.0 / float(np.median(np.diff(recording.times)))
        values = interpolate(values, recording.times, rate)
    elif rate is None:
        rate = frequency
    elif frequency is not None:
        values, rate = resample(values, rate, frequency), frequency
    if rate is None:
        raise DataError(f"{name}: the file doesn't say its rate", hint="--frequency HZ: samples a second")
    if axes is None:
        return values, rate, recording.axes
    missing = [axis for axis in axes if axis not in recording.axes]
    if missing:
        raise DataError(f"{name}: no axis {missing[0]!r}", hint=f"axes: {', '.join(recording.axes)}")
    return values[:, [recording.axes.index(axis) for axis in axes]], rate, tuple(axes)


def _length(window_ms: float, frequency: float) -> int:
    return max(round(window_ms * frequency / 1000), 1)


def _cut(signal: NDArray[Any], length: int, most: int) -> NDArray[Any]:
    """The first windows of a signal, one behind the other; all of a signal that is shorter than one."""
    import numpy as np

    if len(signal) < length:
        return signal[None]
    count = min(len(signal) // length, most)
    return np.ascontiguousarray(signal[: count * length]).reshape(count, length, signal.shape[1])

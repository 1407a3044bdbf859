"""Short frames of a sound and their power: what MFCC, MFE and spectrogram share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import BlockError
from edgewright_sdk.signal.framing import whole_frames
from edgewright_sdk.signal.spectrum import squared_magnitudes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    from edgewright_specs.interface import WindowSpec

FFT_LENGTHS = [1 << bits for bits in range(4, 17)]
MOST_FRAMES = 500
#: Level that becomes 1, in dB.
FULL_SCALE = 12.0
SMALLEST_POWER = 1e-30
#: A length this little above a whole number of samples is that number: 0.02 s · 16 kHz is 320, not 321.
_SLACK = 1e-3
#: Float64 values of frames that are in memory at a time, 1 MiB: as much as a processor's cache holds.
_FRAME_VALUES = 1 << 17


@dataclass(frozen=True)
class Frames:
    """How a window of sound is cut: frame ``i`` has ``length`` samples from ``i · step``; nothing is padded."""

    length: int
    step: int
    count: int
    fft_length: int
    frequency: float

    @property
    def times(self) -> list[float]:
        """When each frame starts, in seconds."""
        return [round(frame * self.step / self.frequency, 6) for frame in range(self.count)]

    @property
    def used(self) -> int:
        """Samples of a frame that enter its spectrum: a longer frame is cut off."""
        return min(self.length, self.fft_length)


def frames_of(
    window: WindowSpec, *, frame_length: float, frame_stride: float, fft_length: int, smallest: int = 1
) -> Frames:
    """Check how a window is to be cut into frames.

    Parameters
    ----------
    window : WindowSpec
        Of one axis.
    frame_length, frame_stride : float > 0
        In seconds.
    fft_length : int
        A power of two, 16…65536.
    smallest : int
        Samples that a frame and a stride must have.

    Raises
    ------
    BlockError
        More than one axis, lengths that can't be, no frame or more than 500.
    """
    axes, frequency, samples = window["axes"], float(window["frequency"]), window["length"]
    if len(axes) != 1:
        raise BlockError(
            f"the window has {len(axes)} axes ({', '.join(axes)}); allowed: one, chosen by `axes:`"
        )
    if fft_length not in FFT_LENGTHS:
        raise BlockError(f"fft-length is {fft_length}; allowed: a power of two from 16 to 65536")
    length = _samples("frame-length", frame_length, frequency, smallest)
    step = _samples("frame-stride", frame_stride, frequency, smallest)
    count = (samples - (length - step)) // step
    if count < 1:
        raise BlockError(
            f"a frame of {frame_length:g} s has {length} samples at {frequency:g} Hz, but a window only {samples}; "
            f"allowed: frame-length up to {samples / frequency:g} s"
        )
    if count > MOST_FRAMES:
        raise BlockError(
            f"a window of {samples / frequency:g} s has {count} frames at a frame-stride of {frame_stride:g} s; allowed: "
            f"{MOST_FRAMES}, so a frame-stride from {(samples - length) / (MOST_FRAMES - 1) / frequency:.3g} s"
        )
    return Frames(length, step, count, fft_length, frequency)


def pre_emphasis(
    signals: NDArray[Any], factor: float, shift: int, *, out: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return ``x[i] − factor · x[i − shift]`` along the last axis, in a circle; `out` must not be `signals`."""
    x = np.asarray(signals, np.float64)
    size = x.shape[-1]
    shift %= size
    emphasised = np.empty_like(x) if out is None else out
    np.multiply(x[..., : size - shift], -factor, out=emphasised[..., shift:])
    np.multiply(x[..., size - shift :], -factor, out=emphasised[..., :shift])
    emphasised += x
    return emphasised


def squared_spectra(
    signals: NDArray[Any],
    frames: Frames,
    *,
    emphasis: tuple[float, int] | None = None,
    dtype: DTypeLike = np.float64,
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Give the squared magnitudes of the spectra of frames, a few signals at a time.

    Parameters
    ----------
    signals : np.ndarray [shape=(n, length)]
    frames : Frames
    emphasis : (factor, shift), optional
        Of :func:`pre_emphasis`.
    dtype : {np.float64, np.float32}
        Of the squares.

    Yields
    ------
    rows : slice
        Which signals.
    squares : np.ndarray [shape=(rows, frames, N/2 + 1)]
        ``|rfft(frame)|²``, N times the power; a frame longer than N is cut off, a shorter one ends in zeros. Rectangular
        window. The memory is the caller's until the next step.

    Notes
    -----
    The transform is of float64, although signals are float32: beside a loud tone the weak bins of a float32 transform are
    its rounding.
    """
    count, length = signals.shape
    at_once = max(_FRAME_VALUES // max(frames.count * frames.fft_length, length), 1)
    at_once = min(at_once, max(count, 1))
    given, emphasised = np.empty((2, at_once, length))
    source = given if emphasis is None else emphasised
    cut = whole_frames(source, frames.used, frames.step, frames.count)
    squares = np.empty((at_once, frames.count, frames.fft_length // 2 + 1), dtype)
    for start in range(0, count, at_once):
        rows = slice(start, min(start + at_once, count))
        here = slice(0, rows.stop - start)
        given[here] = signals[rows]
        if emphasis is not None:
            pre_emphasis(given[here], *emphasis, out=emphasised[here])
        yield rows, squared_magnitudes(np.fft.rfft(cut[here], n=frames.fft_length), squares[here])


def level_of(power: NDArray[Any], floor: float, *, divisor: float = 1.0) -> NDArray[Any]:
    """Turn powers, each to be divided by `divisor` first, into levels: 0 at `floor` dB and below, 1 at 12 dB.

    Parameters
    ----------
    power : np.ndarray
        The levels take its place.
    """
    extent = FULL_SCALE - floor
    np.maximum(power, SMALLEST_POWER * divisor, out=power)
    np.log(power, out=power)
    power *= 10.0 / math.log(10.0) / extent
    power -= (10.0 * math.log10(divisor) + floor) / extent
    level: NDArray[Any] = np.maximum(power, 0.0, out=power)
    return level


def _samples(name: str, seconds: float, frequency: float, smallest: int) -> int:
    exact = seconds * frequency
    if not (math.isfinite(exact) and exact > 0):
        raise BlockError(f"{name} is {seconds:g} s at {frequency:g} Hz; allowed: numbers above 0")
    samples = math.floor(exact) if exact - math.floor(exact) < _SLACK else math.ceil(exact)
    if samples < smallest:
        raise BlockError(
            f"{name} is {seconds:g} s, which is {samples} samples at {frequency:g} Hz; allowed: {smallest / frequency:g} s "
            f"({smallest} samples) or more"
        )
    return samples

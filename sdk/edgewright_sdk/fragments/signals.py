"""Numerics of signals (``edgewright_sdk.signal``) as operations of a fragment, which computes in float64 as they do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from edgewright_sdk.fragments.fragment import INPUT, Fragment
from edgewright_sdk.signal.audio import FULL_SCALE, SMALLEST_POWER
from edgewright_sdk.signal.cepstra import ROUNDING, STILL, TINY, sliding_means
from edgewright_sdk.signal.filters import decimate, filter_sections

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk.signal import Frames

#: Values that a matrix may have, 32 MiB of them. A filter that takes more (over 4096 samples) gets no fragment.
MOST_VALUES: Final = 1 << 22
#: Values of a transform's matrix from which on two small ones are used instead: 1024 samples.
DIRECT_VALUES: Final = 1 << 19


def signals_of(length: int, axes: int) -> tuple[Fragment, str]:
    """Begin a fragment of windows; also return the name of its signals ``(n, axes, length)``."""
    fragment = Fragment([length, axes], floats="float64")
    turned = fragment.turned(fragment.numbers(INPUT), 0, 2, 1)
    # onnxruntime would make one operation of this and a product behind it, which it doesn't have in float64 (1.23).
    return fragment, fragment.reshaped(turned, [-1, axes, length])


def decimated_in(fragment: Fragment, value: str, length: int, ratio: int) -> tuple[str, int]:
    """Signals ``(n, axes, length)`` as :func:`edgewright_sdk.signal.decimate` gives them, and how many samples are left."""
    if ratio == 1:
        return value, length
    matrix = decimate(np.eye(length), ratio)
    first = fragment.do("Gather", value, np.array([0]), axis=2)
    # What stands still stays exactly so: the filters see how far a signal is from its first sample.
    moved = fragment.do("MatMul", fragment.add("Sub", value, first), matrix)
    gain = float(matrix.sum(axis=0).mean())
    return fragment.add("Add", moved, fragment.do("Mul", first, gain)), matrix.shape[1]


def filtered_in(fragment: Fragment, value: str, length: int, sections: NDArray[Any]) -> str:
    """Signals ``(n, axes, length)`` behind a filter that begins at rest."""
    return fragment.do("MatMul", value, filter_sections(np.asarray(sections, np.float64), np.eye(length)))


def give_features(fragment: Fragment, value: str, count: int) -> bytes:
    """End a fragment whose features are all values of each window."""
    fragment.give("features", fragment.reshaped(value, [-1, count]))
    return fragment.data()


def spectra_in(fragment: Fragment, value: str, *, starts: NDArray[Any], used: int, fft_length: int) -> str:
    """Squared magnitudes ``(…, frames, N/2 + 1)`` of frames of signals ``(…, length)``.

    Parameters
    ----------
    fragment : Fragment
    value : str
    starts : np.ndarray [shape=(frames,)]
    used : int
        Samples of a frame.
    fft_length : int
        A power of two.
    """
    bins = fft_length // 2 + 1
    if used * bins > DIRECT_VALUES:
        return _long_spectra_in(fragment, value, starts=starts, used=used, fft_length=fft_length)
    frames = fragment.do("Gather", value, starts[:, None] + np.arange(used), axis=-1)
    parts = [fragment.do("MatMul", frames, table) for table in _turns(used, bins, fft_length)]
    return fragment.add("Add", *(fragment.square(part) for part in parts))


def _long_spectra_in(
    fragment: Fragment, value: str, *, starts: NDArray[Any], used: int, fft_length: int
) -> str:
    """As :func:`spectra_in`, in Cooley and Tukey's two steps: sample ``high·n + low`` goes to the bin ``first + m·second``.

    Two small matrices stand where one of all samples by all bins would be.
    """
    m = 1 << (fft_length.bit_length() // 2)
    n = fft_length // m
    places = np.arange(n)[:, None] + n * np.arange(m)  # (low, high), so that bins come out in their order
    inside = np.minimum(places, used - 1)
    frames = fragment.do("Gather", value, starts[:, None, None] + inside, axis=-1)
    several = fragment.do("Slice", fragment.add("Shape", frames), np.array([0]), np.array([-2]))
    if used < fft_length:
        frames = fragment.do("Mul", frames, places < used)
    cos, sin = _turns(m, m, m)
    real, imaginary = fragment.do("MatMul", frames, cos), fragment.do("MatMul", frames, sin)
    cos, sin = _turns(n, m, fft_length)
    real, imaginary = _product(fragment, "Mul", (cos, sin), (real, imaginary))
    cos, sin = _turns(n // 2 + 1, n, n)
    real, imaginary = _product(fragment, "MatMul", (cos, sin), (real, imaginary))
    squares = fragment.add("Add", fragment.square(real), fragment.square(imaginary))
    shape = fragment.do("Concat", several, np.array([-1]), axis=0)
    line = fragment.add("Reshape", squares, shape)
    return fragment.do("Slice", line, np.array([0]), np.array([fft_length // 2 + 1]), np.array([-1]))


def _turns(rows: int, columns: int, whole: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosines and sines of row times column, in parts of a whole turn."""
    angles = 2 * np.pi / whole * (np.outer(np.arange(rows), np.arange(columns)) % whole)
    return np.cos(angles), np.sin(angles)


def _product(
    fragment: Fragment, kind: str, table: tuple[NDArray[Any], NDArray[Any]], values: tuple[str, str]
) -> tuple[str, str]:
    """Complex numbers of a table by complex values."""
    cos, sin = table
    real, imaginary = values
    return (
        fragment.add("Sub", fragment.do(kind, cos, real), fragment.do(kind, sin, imaginary)),
        fragment.add("Add", fragment.do(kind, cos, imaginary), fragment.do(kind, sin, real)),
    )


def sound_spectra_in(
    fragment: Fragment, value: str, frames: Frames, length: int, emphasis: tuple[float, int] | None = None
) -> str:
    """Squared magnitudes ``(n, frames, N/2 + 1)`` of one axis ``(n, 1, length)``; see :func:`spectra_in`."""
    value = fragment.reshaped(value, [-1, length])
    if emphasis is not None:
        factor, shift = emphasis
        before = fragment.do("Gather", value, (np.arange(length) - shift) % length, axis=1)
        value = fragment.add("Sub", value, fragment.do("Mul", before, factor))
    starts = np.arange(frames.count) * frames.step
    return spectra_in(fragment, value, starts=starts, used=frames.used, fft_length=frames.fft_length)


def level_in(fragment: Fragment, power: str, floor: float, *, divisor: float = 1.0) -> str:
    """Levels of powers, as :func:`edgewright_sdk.signal.level_of`."""
    extent = FULL_SCALE - floor
    logarithm = fragment.add("Log", fragment.do("Max", power, SMALLEST_POWER * divisor))
    level = fragment.do("Mul", logarithm, 10 / math.log(10) / extent)
    return fragment.add("Relu", fragment.do("Sub", level, (10 * math.log10(divisor) + floor) / extent))


class Moments(NamedTuple):
    """Names of the values of statistics, each ``(n, axes, 1)``, and of the signals without their means."""

    mean: str
    minimum: str
    maximum: str
    rms: str
    stdev: str
    skewness: str
    kurtosis: str
    centred: str


def moments_in(fragment: Fragment, value: str, size: int) -> Moments:
    """Population statistics of signals ``(n, axes, size)``; of a constant one as :func:`edgewright_sdk.signal.moments` has them."""
    low, high = fragment.smallest(value, [2], keep=True), fragment.largest(value, [2], keep=True)
    constant = fragment.add("Equal", low, high)
    mean = fragment.add("Where", constant, low, fragment.mean(value, 2, size, keep=True))
    centred = fragment.add("Sub", value, mean)
    squares = fragment.square(centred)
    variance = fragment.mean(squares, 2, size, keep=True)
    flat = fragment.add("Or", constant, fragment.do("LessOrEqual", variance, 0.0))
    divisor = fragment.add(
        "Where", flat, fragment.do("Add", fragment.do("Mul", variance, 0.0), 1.0), variance
    )
    deviation = fragment.add("Sqrt", divisor)
    z = fragment.add("Div", centred, deviation)
    cubes = fragment.mean(fragment.add("Mul", fragment.square(z), z), 2, size, keep=True)
    fourths = fragment.mean(fragment.square(fragment.square(z)), 2, size, keep=True)
    varies = fragment.do("Sub", 1.0, fragment.numbers(flat))
    return Moments(
        mean=mean,
        minimum=low,
        maximum=high,
        rms=fragment.add("Sqrt", fragment.mean(fragment.square(value), 2, size, keep=True)),
        stdev=fragment.add("Mul", deviation, varies),
        skewness=fragment.add("Mul", cubes, varies),
        kurtosis=fragment.add("Mul", fragment.do("Sub", fourths, 3.0), varies),
        centred=centred,
    )


def normalised_in(fragment: Fragment, rows: str, count: int, window: int) -> str:
    """Rows ``(n, count, coefficients)`` as :func:`edgewright_sdk.signal.cepstra.sliding_normalise` normalises them."""
    means = sliding_means(count, window)
    low, high = fragment.smallest(rows, [1], keep=True), fragment.largest(rows, [1], keep=True)
    extent = fragment.add("Sub", high, low)
    size = fragment.do("Div", fragment.add("Abs", fragment.total(rows, 1, keep=True)), count)
    largest = fragment.largest(fragment.add("Max", high, fragment.add("Neg", low)), [2], keep=True)
    limit = fragment.add("Max", fragment.do("Mul", size, STILL), fragment.do("Mul", largest, ROUNDING))
    moves = fragment.add(
        "And", fragment.do("Greater", extent, 0.0), fragment.add("GreaterOrEqual", extent, limit)
    )
    away = fragment.add("Sub", rows, fragment.do("MatMul", means, rows))
    squares = fragment.do("MatMul", means, fragment.square(away))
    deviation = fragment.add("Sub", squares, fragment.square(fragment.do("MatMul", means, away)))
    spread = fragment.do("Add", fragment.add("Sqrt", fragment.add("Relu", deviation)), TINY)
    return fragment.add("Mul", fragment.add("Div", away, spread), fragment.numbers(moves))

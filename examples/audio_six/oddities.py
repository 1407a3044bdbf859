"""Ten ways in which a recording can be odd: what is said, and what is done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import butter, resample, sosfilt

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


def as_it_is(values: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """The recording itself."""
    return values


def clipped(values: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """As a gain of 26 dB too much would leave it."""
    return np.clip(20 * values / np.abs(values).max(), -0.9, 0.9)


def cut(values: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """The first fifth of a second of sound, as if the button had been let go."""
    loud = np.flatnonzero(np.abs(values) > 0.05 * np.abs(values).max())
    return values[: loud[0] + rate // 5]


def noisy(values: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """White noise as loud as the voice."""
    return np.clip(values + random.normal(size=len(values)) * values.std(), -1, 1)


def half_speed(values: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """A tape at half its speed: twice as long, an octave lower."""
    return np.clip(resample(values, 2 * len(values)), -1, 1)


def double_speed(values: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """A tape at twice its speed."""
    return np.clip(resample(values, len(values) // 2), -1, 1)


def echo(values: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """Six repetitions, 50 ms apart, each a little fainter."""
    step = rate // 20
    heard = np.zeros(len(values) + 6 * step)
    for number in range(7):
        heard[number * step : number * step + len(values)] += 0.85**number * values
    return 0.8 * heard / np.abs(heard).max()


def hum(values: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """The mains: 50 Hz and its odd harmonics, louder than the voice."""
    t = np.arange(len(values)) / rate
    tone = sum(np.sin(2 * np.pi * 50 * k * t) / k for k in (1, 3, 5, 7))
    return np.clip(0.5 * values + 0.6 * tone, -1, 1)


def muffled(values: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """Through a wall: nothing above 300 Hz."""
    heard = sosfilt(butter(4, 300, fs=rate, output="sos"), values)
    return 0.8 * heard / np.abs(heard).max()


def whistle(values: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """Feedback: a steady tone of 2.3 kHz."""
    return np.clip(values + 0.4 * np.sin(2 * np.pi * 2300 * np.arange(len(values)) / rate), -1, 1)


#: What each is called: the word that is said, and what happens to it.
ODDITIES: dict[str, tuple[str, Change]] = {
    "clipped": ("six", clipped),
    "cut": ("six", cut),
    "wrong digit": ("nine", as_it_is),
    "noise": ("six", noisy),
    "half speed": ("six", half_speed),
    "double speed": ("six", double_speed),
    "echo": ("six", echo),
    "hum": ("six", hum),
    "muffled": ("six", muffled),
    "whistle": ("six", whistle),
}

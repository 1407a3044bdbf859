"""Data sets of normal windows for ``false_alarms.py``: drawn from known populations, computed from signals, or packaged with scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Params, Windows, load_block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_specs.interface import WindowSpec

PROCESSING = Path(__file__).resolve().parents[1] / "blocks" / "edgewright_blocks" / "processing"
FRESH = 2000  # windows of a population that nothing is learned from


@dataclass(frozen=True)
class Population:
    """Normal windows, in the order of their recordings, and more of them that are in no split.

    Attributes
    ----------
    values : np.ndarray [shape=(n, k), dtype=float32]
    recordings, labels, groups : list of str [length=n]
    fresh : np.ndarray [shape=(m, k), dtype=float32]
        Of other recordings of the same kind; none of a packaged data set.
    overlap : int
        How many windows that follow a window share samples with it.
    independent : bool
        Whether windows know nothing of each other, so that intervals over windows hold.
    """

    values: NDArray[np.float32]
    recordings: list[str]
    labels: list[str]
    groups: list[str]
    fresh: NDArray[np.float32]
    overlap: int = 0
    independent: bool = True


Draw = Callable[[np.random.Generator, int], "NDArray[Any]"]


def normal(random: np.random.Generator, features: int, *, tails: float = 0.0, modes: int = 1) -> Draw:
    """Correlated normal distributions around some centres; `tails` > 0: Student's t with so many degrees of freedom."""
    centres = random.normal(size=(modes, features)) * 3
    mix = random.normal(size=(modes, features, features)) / np.sqrt(features)

    def draw(random: np.random.Generator, count: int) -> NDArray[Any]:
        mode = random.integers(modes, size=count)
        noise = random.normal(size=(count, features))
        if tails:
            noise *= np.sqrt(tails / random.chisquare(tails, size=(count, 1)))
        return centres[mode] + np.einsum("nk,nkj->nj", noise, mix[mode])

    return draw


def latent(random: np.random.Generator, features: int, inner: int, noise: float) -> Draw:
    """Few causes of many features, and noise."""
    mix = random.normal(size=(inner, features))
    return lambda random, count: (
        random.normal(size=(count, inner)) @ mix + noise * random.normal(size=(count, features))
    )


def skewed(features: int) -> Draw:
    """Sizes of things: log-normal."""
    return lambda random, count: np.exp(random.normal(size=(count, features)) * 0.7)


def ring(random: np.random.Generator, count: int) -> NDArray[Any]:
    """Two features of a rotation, with a hole in their middle."""
    angle, radius = random.uniform(0, 2 * np.pi, count), random.normal(1, 0.1, count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def counts(random: np.random.Generator, count: int) -> NDArray[Any]:
    """Whole numbers with many ties."""
    return random.poisson([0.5, 2, 5, 20, 100], size=(count, 5))


def uneven(random: np.random.Generator, count: int) -> NDArray[Any]:
    """Features of very different size, one of them constant."""
    drawn = random.normal(size=(count, 6)) * [1e-4, 1, 1, 1e3, 1e5, 0] + [0, 0, 50, 0, 1e6, 7]
    drawn[:, 2] += drawn[:, 1] ** 2
    return drawn


def stragglers(draw: Draw, share: float) -> Draw:
    """Now and then a window that is far off, and normal all the same."""

    def some(random: np.random.Generator, count: int) -> NDArray[Any]:
        values = draw(random, count)
        wild = random.random(count) < share
        values[wild] += random.normal(size=(int(wild.sum()), values.shape[1])) * 10
        return values

    return some


def drawn(make: Callable[[np.random.Generator], Draw], windows: int, seed: int) -> Population:
    """Windows that are recordings of their own."""
    draw = make(np.random.default_rng([seed, windows]))
    values, fresh = (draw(np.random.default_rng([seed, part]), n) for part, n in ((1, windows), (2, FRESH)))
    names = [f"r{i}" for i in range(windows)]
    return Population(values.astype(np.float32), names, ["normal"] * windows, names, fresh.astype(np.float32))


def related(features: int, owners: int, each: int, alike: float, named: str, seed: int) -> Population:
    """Windows of which those of a recording, or of a group, share an offset with standard deviation `alike`."""
    random = np.random.default_rng([seed, features])
    draw = normal(random, features, modes=1 if named else 3)

    def some(count: int) -> NDArray[np.float32]:
        offsets = np.repeat(random.normal(size=(count, features)) * alike, each, axis=0)
        return (draw(random, count * each) + offsets).astype(np.float32)

    owner = np.repeat(np.arange(owners), each)
    recordings = [f"r{i // 5}" for i in range(len(owner))] if named else [f"r{i}" for i in owner]
    groups = [f"{named} {i}" for i in owner] if named else recordings
    values, fresh = some(owners), some(FRESH // each)
    return Population(values, recordings, ["normal"] * len(owner), groups, fresh, independent=False)


def computed(
    block: str, signal: Draw, spec: WindowSpec, recordings: int, windows: int, stride: int, seed: int
) -> Population:
    """Features that a processing block computes of signals; ``signal(random, rows)`` is one recording."""
    folder = PROCESSING / block
    params, loaded = Params.defaults(folder), load_block(folder)
    length = spec["length"]

    def some(count: int, part: int) -> NDArray[np.float32]:
        cut = []
        for number in range(count):
            random = np.random.default_rng([seed, part, number])
            rows = signal(random, length + (windows - 1) * stride).astype(np.float32)
            cut += [rows[w * stride : w * stride + length] for w in range(windows)]
        node: Any = loaded.new()
        return np.asarray(node.transform(Windows(np.stack(cut), spec), params).values, np.float32)

    values, fresh = some(recordings, 1), some(recordings, 2)
    loaded.close()
    names = [f"r{i}" for i in np.repeat(np.arange(recordings), windows)]
    overlap = -(-length // stride) - 1
    return Population(values, names, ["normal"] * len(names), names, fresh, overlap, independent=False)


def walking(random: np.random.Generator, rows: int) -> NDArray[Any]:
    """Three axes of a wrist at 50 Hz: steps of a person's own rate and strength."""
    time = np.arange(rows)[:, None] / 50
    rate, size = random.normal(1.8, 0.15), np.exp(random.normal(0, 0.2))
    steps = np.sin(2 * np.pi * rate * time * [1, 1, 2] + random.uniform(0, 6.3, 3))
    return size * steps * [1.0, 0.5, 0.3] + random.normal(size=(rows, 3)) * 0.15


def machine(random: np.random.Generator, rows: int) -> NDArray[Any]:
    """Three axes of a running machine: noise through a resonance, with a load that wanders."""
    noise, out = random.normal(size=(rows + 50, 3)), np.zeros((rows + 50, 3))
    for t in range(2, rows + 50):
        out[t] = 1.6 * out[t - 1] - 0.81 * out[t - 2] + noise[t]
    load = np.cumsum(random.normal(size=(rows, 1))) / np.sqrt(rows) * 0.2
    return out[50:] * np.exp(load)[:, None]


def hum(random: np.random.Generator, rows: int) -> NDArray[Any]:
    """A motor at 8 kHz: harmonics of a speed, and its own noise."""
    time = np.arange(rows) / 8000
    speed, level = random.normal(120, 3), np.exp(random.normal(0, 0.2))
    tones = sum(np.sin(2 * np.pi * speed * k * time + random.uniform(0, 6.3)) / k for k in range(1, 8))
    return (3000 * level * (tones + 0.3 * random.normal(size=rows)))[:, None]


def packaged(name: str, seed: int) -> Population:  # noqa: ARG001
    """One of scikit-learn's own data sets; a normal class where it knows one, else all of it."""
    from sklearn import datasets

    data: Any = getattr(datasets, f"load_{name}")()
    values, target = np.asarray(data.data, np.float32), np.asarray(data.target)
    if name == "breast_cancer":  # 1 is benign
        values, target = values[target == 1], target[target == 1]
    labels = ["normal"] * len(values) if name == "diabetes" else [str(label) for label in target]
    names = [f"r{i}" for i in range(len(values))]
    return Population(values, names, labels, names, values[:0])


MOTION: WindowSpec = {"kind": "time-series", "length": 100, "axes": ["x", "y", "z"], "frequency": 50.0}
SOUND: WindowSpec = {"kind": "time-series", "length": 800, "axes": ["audio"], "frequency": 8000.0}

#: Every data set by name; a function of a seed.
POPULATIONS: dict[str, Callable[[int], Population]] = {
    "normal, 2 features": partial(drawn, lambda r: normal(r, 2), 290),
    "normal, 6 features, few windows": partial(drawn, lambda r: normal(r, 6), 150),
    "normal, 39 features": partial(drawn, lambda r: normal(r, 39), 570),
    "normal, 39 features, many windows": partial(drawn, lambda r: normal(r, 39), 1450),
    "100 features of 100 windows": partial(drawn, lambda r: normal(r, 100), 145),
    "three modes, 6 features": partial(drawn, lambda r: normal(r, 6, modes=3), 430),
    "ten modes, 33 features": partial(drawn, lambda r: normal(r, 33, modes=10), 1450),
    "heavy tails, 6 features": partial(drawn, lambda r: normal(r, 6, tails=4), 710),
    "heavy tails, 33 features": partial(drawn, lambda r: normal(r, 33, tails=4), 710),
    "log-normal, 8 features": partial(drawn, lambda _: skewed(8), 710),
    "ring": partial(drawn, lambda _: ring, 430),
    "5 causes, 64 features": partial(drawn, lambda r: latent(r, 64, 5, 0.1), 570),
    "20 causes, 33 features, tails": partial(
        drawn, lambda r: stragglers(latent(r, 33, 20, 0.3), 0.01), 570
    ),
    "counts": partial(drawn, lambda _: counts, 570),
    "uneven sizes, one constant": partial(drawn, lambda _: uneven, 430),
    "0.2 % stragglers, 6 features": partial(drawn, lambda r: stragglers(normal(r, 6), 0.002), 1450),
    "recordings of 10, alike": partial(related, 6, 90, 10, 0.5, ""),
    "groups of 30, very alike": partial(related, 12, 40, 30, 0.7, "person"),
    "walking, spectral_analysis": partial(computed, "spectral_analysis", walking, MOTION, 80, 9, 50),
    "machine, flatten": partial(computed, "flatten", machine, MOTION, 60, 10, 50),
    "motor, mfcc": partial(computed, "mfcc", hum, SOUND, 80, 5, 800),
    "digits": partial(packaged, "digits"),
    "breast_cancer, benign": partial(packaged, "breast_cancer"),
    "wine": partial(packaged, "wine"),
    "iris": partial(packaged, "iris"),
    "diabetes": partial(packaged, "diabetes"),
}  # fmt: skip

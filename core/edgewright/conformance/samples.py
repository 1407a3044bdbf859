"""Inputs of the checks: made up, the same on every machine, and of several kinds, since blocks differ in what they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_specs.interface import WindowSpec

#: Windows that a processing block may be for; the first that its defaults can work with is taken.
WINDOWS: tuple[WindowSpec, ...] = (
    {"kind": "time-series", "length": 125, "axes": ["accX", "accY", "accZ"], "frequency": 62.5},
    {"kind": "time-series", "length": 16000, "axes": ["audio"], "frequency": 16000.0},
    {"kind": "image", "width": 64, "height": 48, "channels": 3},
    {"kind": "tabular", "length": 1, "axes": ["a", "b", "c", "d"], "frequency": 1.0},
)

SEED = 20_240


def windows(spec: WindowSpec, count: int, seed: int = SEED) -> NDArray[Any]:
    """Make windows that look like signals: a few sines, noise and a slow drift; images of random blobs."""
    import numpy as np

    random = np.random.default_rng(seed)
    if spec["kind"] == "image":
        shape = (count, spec["height"], spec["width"], spec["channels"])
        return random.integers(0, 256, shape, dtype=np.uint8)
    length, axes = spec["length"], len(spec["axes"])
    time = np.arange(length)[None, :, None] / spec.get("frequency", 1.0)
    nyquist = spec.get("frequency", 1.0) / 2
    signal = np.zeros((count, length, axes))
    for _ in range(3):
        frequency = random.uniform(0.02, 0.9, (count, 1, axes)) * nyquist
        phase = random.uniform(0, 2 * np.pi, (count, 1, axes))
        signal += random.uniform(0.2, 2.0, (count, 1, axes)) * np.sin(2 * np.pi * frequency * time + phase)
    signal += 0.1 * random.standard_normal(signal.shape) + random.uniform(-1, 1, (count, 1, axes))
    return np.ascontiguousarray(signal, dtype=np.float32)


def features(count: int, width: int = 6, seed: int = SEED) -> NDArray[Any]:
    """Make feature rows in three clusters; column 2 hardly varies and column 3 is large."""
    import numpy as np

    random = np.random.default_rng(seed)
    centres = random.normal(0, 3, (3, width))
    rows = centres[np.arange(count) % 3] + random.normal(0, 0.5, (count, width))
    rows[:, 2] *= 1e-3
    rows[:, 3] *= 1e3
    return np.ascontiguousarray(rows, dtype=np.float32)


def labels(width: int = 6) -> tuple[str, ...]:
    """Labels as a processing block gives them."""
    return tuple(f"{'xyz'[place % 3]} feature {place // 3}" for place in range(width))

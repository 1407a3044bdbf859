"""Planted near-duplicates are found; clean data have none."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.data.leakage import CORRELATION, find_leakage
from edgewright.data.windowing import window_index

LENGTH, STRIDE, ROWS, AXES = 64, 16, 400, 3


def recordings(count: int, seed: int) -> np.ndarray:
    """Smoothed noise: alike in spectrum, different in every window."""
    noise = np.random.default_rng(seed).normal(size=(count, ROWS + 8, AXES))
    return np.stack([noise[:, i : i + ROWS] for i in range(8)]).sum(axis=0).astype(np.float32)


def leakage_of(samples: np.ndarray, training: int):
    count = len(samples)
    index = window_index(np.arange(count) * ROWS, [ROWS] * count, LENGTH, STRIDE, pad=False)
    cut = int((index["sample"] < training).sum())
    splits = {"training": (0, cut), "calibration": (cut, cut), "test": (cut, len(index))}
    return find_leakage(samples.reshape(-1, AXES), index, splits, LENGTH)


@pytest.mark.parametrize("seed", range(3))
def test_clean_data_have_no_leak(seed: int) -> None:
    found = leakage_of(recordings(12, seed), 8)
    assert found.leaks == ()
    assert found.looked_at == found.windows == 12 * ((ROWS - LENGTH) // STRIDE + 1)


@pytest.mark.parametrize("shift", [0, 5, 24])
@pytest.mark.parametrize("factor", [1.0, -0.4, 30.0])
def test_a_shifted_and_scaled_copy_is_found(shift: int, factor: float) -> None:
    samples = recordings(12, 5)
    samples[10, : ROWS - shift] = factor * samples[2, shift:] + 7
    (leak,) = leakage_of(samples, 8).leaks
    assert leak.samples == (2, 10)
    assert leak.splits == ("training", "test")
    assert leak.correlation >= CORRELATION
    assert leak.windows >= 8  # of 21: a window whose nearest one is half a stride off may be missed
    assert leak.starts[0] - 2 * ROWS - shift == pytest.approx(leak.starts[1] - 10 * ROWS, abs=STRIDE)


def test_silence_is_like_any_silence_and_no_leak() -> None:
    samples = recordings(6, 1)
    samples[1] = samples[5] = 0.0
    assert leakage_of(samples, 4).leaks == ()


def test_a_sensor_that_never_moves_has_no_leak() -> None:
    assert leakage_of(np.full((4, ROWS, AXES), 3.0, np.float32), 2).leaks == ()


def test_one_window_a_side() -> None:
    samples = recordings(2, 1)[:, :LENGTH]
    samples[1] = samples[0]
    index = window_index([0, LENGTH], [LENGTH] * 2, LENGTH, STRIDE, pad=False)
    found = find_leakage(samples.reshape(-1, AXES), index, {"training": (0, 1), "test": (1, 2)}, LENGTH)
    assert found.leaks[0].correlation == pytest.approx(1.0)

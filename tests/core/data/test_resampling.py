"""One rate for all."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.data.resampling import interpolate, resample, same_rate


@pytest.mark.parametrize(
    ("frequency", "target"), [(100, 62.5), (50, 100), (48000, 16000), (44100, 16000), (12.5, 10)]
)
def test_a_slow_sine_survives(frequency: float, target: float) -> None:
    seconds = 400 / min(frequency, target)
    tone = min(frequency, target) / 40
    time = np.arange(int(seconds * frequency)) / frequency
    values = np.sin(2 * np.pi * tone * time)[:, None].astype(np.float32)
    changed = resample(values, frequency, target)
    expected = np.sin(2 * np.pi * tone * np.arange(len(changed)) / target)
    assert changed.dtype == np.float32
    assert len(changed) == int(np.ceil(len(values) * target / frequency))
    middle = slice(len(changed) // 10, -len(changed) // 10)
    assert np.abs(changed[middle, 0] - expected[middle]).max() < 0.01


def test_a_level_has_no_step_at_the_ends() -> None:
    changed = resample(np.full((200, 2), 9.81, dtype=np.float32), 100, 62.5)
    np.testing.assert_allclose(changed, 9.81, rtol=1e-3)


def test_what_the_lower_rate_cannot_hold_is_filtered_out() -> None:
    high = np.sin(2 * np.pi * 45 * np.arange(2000) / 100)[:, None].astype(np.float32)
    assert np.abs(resample(high, 100, 50)[50:-50]).max() < 0.02


def test_nearly_equal_rates_are_left_alone() -> None:
    values = np.ones((10, 1), dtype=np.float32)
    assert resample(values, 62.5, 62.6) is values
    assert same_rate(100, 100.4)
    assert not same_rate(100, 101)


def test_irregular_stamps_become_a_grid() -> None:
    times = np.array([0.0, 0.1, 0.35, 1.0])
    values = np.stack([times * 2, -times], axis=1).astype(np.float32)
    grid = interpolate(values, times, 10)
    assert grid.shape == (11, 2)
    np.testing.assert_allclose(grid[:, 0], np.arange(11) * 0.2, atol=1e-6)

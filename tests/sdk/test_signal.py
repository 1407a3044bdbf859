"""Shared numerics against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal, stats

from edgewright_sdk import BlockError
from edgewright_sdk.signal import butterworth, filter_sections, max_hold_power, moments, padded_frames


def test_moments_are_scipys():
    x = np.random.default_rng(0).gamma(2.0, size=(4, 3, 50))
    found = moments(x)
    np.testing.assert_allclose(found.stdev, x.std(axis=-1))
    np.testing.assert_allclose(found.rms, np.sqrt((x**2).mean(axis=-1)))
    np.testing.assert_allclose(found.skewness, stats.skew(x, axis=-1))
    np.testing.assert_allclose(found.kurtosis, stats.kurtosis(x, axis=-1))


@settings(deadline=None)
@given(value=st.floats(-1e30, 1e30), length=st.integers(1, 40))
def test_a_constant_signal_has_no_shape(value, length):
    found = moments(np.full(length, value))
    assert found.constant
    assert (found.mean, found.stdev, found.skewness, found.kurtosis) == (value, 0, 0, 0)


def test_the_smallest_signals_stay_finite():
    found = moments(np.array([0.0, 1e-300, -1e-300]))
    assert np.isfinite([found.skewness, found.kurtosis]).all()


@settings(deadline=None)
@given(size=st.integers(1, 60), length=st.integers(1, 20), step=st.integers(1, 20))
def test_frames_start_while_inside_and_end_in_zeros(size, length, step):
    x = np.arange(1, size + 1)
    frames = padded_frames(x, length, step)
    assert len(frames) == len(range(0, size, step))
    for frame, start in zip(frames, range(0, size, step), strict=True):
        inside = x[start : start + length]
        np.testing.assert_array_equal(frame[: len(inside)], inside)
        assert not frame[len(inside) :].any()


def test_a_sine_has_its_power_in_its_bin():
    x = np.sin(2 * np.pi * 5 * np.arange(64) / 64)[None]
    power = max_hold_power(x, 64, overlap=False)[0]
    assert power.argmax() == 5
    assert power[5] == pytest.approx(64 / 4)


@pytest.mark.parametrize("kind", ["low", "high"])
@pytest.mark.parametrize("order", [2, 4, 6, 8])
def test_filters_are_scipys_in_float32(kind, order):
    x = np.random.default_rng(1).normal(size=(3, 200)).astype(np.float32)
    sections = butterworth(order, 4.0, kind, 50.0)
    assert (sections.dtype, sections.shape) == (np.float32, (order // 2, 6))
    reference = signal.sosfilt(signal.butter(order, 4.0, kind, fs=50.0, output="sos"), x.astype(float))
    filtered = filter_sections(sections, x)
    assert filtered.dtype == np.float32
    np.testing.assert_allclose(filtered, reference, atol=1e-3)


@pytest.mark.parametrize("cutoff", [25.0, 30.0, 1e-5])
def test_filters_that_never_settle_are_refused(cutoff):
    with pytest.raises(BlockError, match="unstable"):
        butterworth(8, cutoff, "low", 50.0)

"""Shared numerics against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal, stats

from edgewright_sdk import BlockError
from edgewright_sdk.signal import butterworth, filter_sections, max_hold_power, moments, whole_frames


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
@given(length=st.integers(1, 20), step=st.integers(1, 20), count=st.integers(1, 6), more=st.integers(0, 9))
def test_frames_are_a_view_of_what_lies_inside(length, step, count, more):
    signals = np.arange(3.0 * ((count - 1) * step + length + more)).reshape(3, -1)
    frames = whole_frames(signals, length, step, count)
    for i in range(count):
        np.testing.assert_array_equal(frames[:, i], signals[:, i * step : i * step + length])
    signals[:] = -1
    assert (frames == -1).all()
    with pytest.raises((ValueError, TypeError), match=r"strides|buffer"):
        whole_frames(signals, length, step + length + more, count + 3)


@settings(deadline=None, max_examples=30)
@given(log2=st.integers(1, 6), length=st.integers(1, 200), overlap=st.booleans(), rows=st.integers(1, 5))
def test_the_held_power_is_the_largest_of_frames_that_end_in_zeros(log2, length, overlap, rows):
    n = 2**log2
    x = np.random.default_rng(length).normal(size=(rows, length))
    step = n // 2 if overlap else n
    frames = [np.fft.rfft(x[:, start : start + n], n) for start in range(0, length, step)]
    expected = np.max([np.abs(frame) ** 2 / n for frame in frames], axis=0)
    np.testing.assert_allclose(max_hold_power(x, n, overlap=overlap), expected, rtol=1e-9, atol=1e-12)


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

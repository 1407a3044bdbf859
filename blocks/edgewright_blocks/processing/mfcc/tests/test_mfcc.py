"""MFCC: golden cases, C++ against Python, streams."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright_sdk import BlockError


def test_golden(golden):
    features = golden.compute()
    assert golden.differences(features) == []
    shape = golden.record["shape"]
    assert (features.shape["width"], features.shape["height"]) == (shape["width"], shape["height"])


def test_refused(refused):
    with pytest.raises(BlockError, match="allowed"):
        refused.compute()


def test_a_batch_is_its_windows_byte_for_byte(sound):
    values = sound.waves(9, 3000)
    whole = sound.compute(values).values
    single = [sound.compute(values[i : i + 1]).values[0] for i in range(len(values))]
    np.testing.assert_array_equal(whole, single)


def test_digital_silence_is_zero_once_normalised_and_finite_before(sound):
    silence = np.zeros((1, 8000, 1), np.float32)
    assert not sound.compute(silence).values.any()
    raw = sound.compute(silence, win_size=0)
    assert np.isfinite(raw.values).all()
    assert raw.values[0, 0] == np.float32(np.log(1e-10))


@pytest.mark.parametrize("frames", [1, 2, 3, 33, 98])  # how many tells which kernels multiply the last ones
@pytest.mark.parametrize("level", [0.0, 21300.0])
def test_what_stands_still_is_exactly_zero_once_normalised(sound, frames, level):
    steady = np.full((3, 160 * frames, 1), level, np.float32)
    features = sound.compute(steady, num_filters=20, win_size=301)
    assert features.shape["width"] == frames
    assert not features.values.any()


def test_more_cepstra_than_filters_are_refused(sound):
    with pytest.raises(BlockError, match="allowed: up to num-filters, which is 32"):
        sound.compute(sound.waves(1, 2000), num_cepstral=33)


def test_too_many_filters_are_refused_with_the_number_that_works(sound):
    with pytest.raises(BlockError, match=r"allowed: num-filters up to (\d+)") as caught:
        sound.compute(sound.waves(1, 2000), num_filters=200, fft_length=64)
    works = int(str(caught.value).rsplit(" ", 1)[1])
    assert np.isfinite(
        sound.compute(sound.waves(1, 2000), num_filters=works, fft_length=64, num_cepstral=2).values
    ).all()


@settings(deadline=None, max_examples=25)
@given(
    frame=st.sampled_from([0.016, 0.02, 0.032, 0.05]),
    stride=st.sampled_from([0.01, 0.02, 0.025]),
    fft=st.sampled_from([128, 256, 512]),
    filters=st.integers(6, 20),
    smoothing=st.sampled_from([0, 5, 31, 101, 301]),
    factor=st.sampled_from([0.0, 0.5, 0.98]),
    shift=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_the_device_gives_what_python_gives(
    sound, frame, stride, fft, filters, smoothing, factor, shift, seed
):
    waves = sound.waves(4, 2400, seed)
    params = {
        "frame_length": frame,
        "frame_stride": stride,
        "fft_length": fft,
        "num_filters": filters,
        "num_cepstral": 6,
        "win_size": smoothing,
        "pre_cof": factor,
        "pre_shift": shift,
        "low_frequency": 100,
    }
    values = sound.compute(waves, **params).values
    got = sound.device(sound.window(2400), **params).batch(waves)["features"]
    # Five frames that are nearly equal have a small deviation, by which float32's rounding is divided: a few values then.
    off = np.abs(got - values) > 1e-3 + 1e-4 * np.abs(values)
    assert off.mean() <= (0.01 if smoothing == 5 else 0.0)
    np.testing.assert_allclose(got, values, rtol=1e-4, atol=0.05)


@pytest.mark.parametrize("stride", [160, 320, 800])
def test_a_stream_gives_the_same_bits_as_windows_one_by_one(sound, stride):
    signal = sound.waves(1, 6400, 3)[0]
    windows = np.stack([signal[start : start + 2400] for start in range(0, 4001, stride)])
    node = sound.device(sound.window(2400, stride=stride), frame_length=0.02, frame_stride=0.02)
    assert node.node.state_bytes > 0
    np.testing.assert_array_equal(
        node.batch(windows, stream=True)["features"], node.batch(windows)["features"]
    )

"""MFE: golden cases, C++ against Python, streams."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def test_golden(golden):
    features = golden.compute()
    assert golden.differences(features) == []
    shape = golden.record["shape"]
    assert (features.shape["width"], features.shape["height"]) == (shape["width"], shape["height"])


def test_a_batch_is_its_windows_byte_for_byte(sound):
    values = sound.waves(9, 3000)
    whole = sound.compute(values).values
    single = [sound.compute(values[i : i + 1]).values[0] for i in range(len(values))]
    np.testing.assert_array_equal(whole, single)


def test_levels_are_steps_of_1_256_from_0_to_1(sound):
    levels = sound.compute(sound.waves(4, 4000)).values
    assert levels.min() >= 0
    assert levels.max() <= 1
    np.testing.assert_array_equal(levels * 256, np.rint(levels * 256))


def test_digital_silence_is_zero(sound):
    assert not sound.compute(np.zeros((1, 8000, 1), np.float32)).values.any()


def test_an_energy_of_exactly_0_is_100_db_down_on_the_device_too(sound):
    values = np.concatenate([np.zeros((1, 4000, 1)), sound.waves(1, 4000)], axis=1).astype(np.float32)
    silent = sound.compute(values, noise_floor_db=-120).values[0, 40:80]
    np.testing.assert_array_equal(silent, np.full(40, np.rint(20 / 132 * 256) / 256, np.float32))
    got = sound.device(sound.window(8000), noise_floor_db=-120).batch(values)["features"][0, 40:80]
    np.testing.assert_array_equal(got, silent)


@settings(deadline=None, max_examples=25)
@given(
    frame=st.sampled_from([0.016, 0.02, 0.032, 0.05]),
    stride=st.sampled_from([0.01, 0.02, 0.025]),
    fft=st.sampled_from([128, 256, 512]),
    filters=st.integers(6, 20),
    floor=st.sampled_from([-100, -52, 0]),
    seed=st.integers(0, 99),
)
def test_the_device_gives_what_python_gives(sound, frame, stride, fft, filters, floor, seed):
    waves = sound.waves(4, 2400, seed)
    params = {
        "frame_length": frame,
        "frame_stride": stride,
        "fft_length": fft,
        "num_filters": filters,
        "noise_floor_db": floor,
        "low_frequency": 100,
    }
    values = sound.compute(waves, **params).values
    got = sound.device(sound.window(2400), **params).batch(waves)["features"]
    assert np.abs(got - values).max() <= 1 / 256


@pytest.mark.parametrize("stride", [160, 320, 800])
def test_a_stream_gives_the_same_bits_as_windows_one_by_one(sound, stride):
    signal = sound.waves(1, 6400, 3)[0]
    windows = np.stack([signal[start : start + 2400] for start in range(0, 4001, stride)])
    node = sound.device(sound.window(2400, stride=stride), frame_length=0.02, frame_stride=0.02)
    assert node.node.state_bytes > 0
    np.testing.assert_array_equal(
        node.batch(windows, stream=True)["features"], node.batch(windows)["features"]
    )

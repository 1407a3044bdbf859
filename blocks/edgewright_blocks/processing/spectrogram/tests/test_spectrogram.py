"""Spectrogram: golden cases, C++ against Python, streams."""

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


def test_a_batch_is_its_windows_byte_for_byte(sound):
    values = sound.waves(9, 3000)
    whole = sound.compute(values).values
    single = [sound.compute(values[i : i + 1]).values[0] for i in range(len(values))]
    np.testing.assert_array_equal(whole, single)


def test_digital_silence_is_zero(sound):
    assert not sound.compute(np.zeros((1, 4000, 1), np.float32)).values.any()


def test_more_than_500_frames_are_refused_with_a_stride_that_works(sound):
    with pytest.raises(BlockError, match="allowed: 500, so a frame-stride from") as caught:
        sound.compute(sound.waves(1, 80_000))
    stride = float(str(caught.value).rsplit(" ", 2)[1])
    assert sound.compute(sound.waves(1, 80_000), frame_stride=stride + 1e-3).values.shape[0] == 1


def test_a_frame_of_three_samples_is_refused(sound):
    with pytest.raises(BlockError, match="4 samples"):
        sound.compute(sound.waves(1, 2000), frame_length=3 / sound.frequency)


def test_two_axes_are_refused(sound):
    spec = {**sound.window(100), "axes": ["left", "right"]}
    with pytest.raises(BlockError, match="allowed: one, chosen by `axes:`"):
        sound.block.describe(spec, sound.params())


@settings(deadline=None, max_examples=25)
@given(
    frame=st.sampled_from([0.01, 0.016, 0.02, 0.05]),
    stride=st.sampled_from([0.01, 0.02, 0.025]),
    fft=st.sampled_from([16, 64, 128, 512]),
    floor=st.sampled_from([-100, -52, 0]),
    seed=st.integers(0, 99),
)
def test_the_device_gives_what_python_gives(sound, frame, stride, fft, floor, seed):
    waves = sound.waves(4, 2400, seed)
    params = {"frame_length": frame, "frame_stride": stride, "fft_length": fft, "noise_floor_db": floor}
    values = sound.compute(waves, **params).values
    got = sound.device(sound.window(2400), **params).batch(waves)["features"]
    # What lies 90 dB below the loudest bin of its window is rounding noise in float32.
    heard = values > values.max(axis=1, keepdims=True) - 90 / (12 - floor)
    np.testing.assert_allclose(got[heard], values[heard], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("stride", [160, 320, 800])
def test_a_stream_gives_the_same_bits_as_windows_one_by_one(sound, stride):
    signal = sound.waves(1, 6400, 3)[0]
    windows = np.stack([signal[start : start + 2400] for start in range(0, 4001, stride)])
    node = sound.device(sound.window(2400, stride=stride), frame_length=0.02, frame_stride=0.02)
    assert node.node.state_bytes > 0
    np.testing.assert_array_equal(
        node.batch(windows, stream=True)["features"], node.batch(windows)["features"]
    )

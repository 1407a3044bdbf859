"""Spectrum: known sounds, C++ against Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright_sdk import BlockError


def test_a_tone_is_one_bin(sound):
    t = np.arange(1024) / sound.frequency
    tone = (1000 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)[None, :, None]
    features = sound.compute(tone)
    assert features.labels[128] == "audio 1000 Hz"
    assert features.values[0].argmax() == 128
    assert features.values[0, 128] == 1.0
    np.testing.assert_allclose(sound.compute(tone, normalise="none").values[0, 128], 512_000, rtol=1e-6)
    np.testing.assert_allclose(
        sound.compute(tone, normalise="none", scale="power").values[0, 128], 512_000**2 / 1024, rtol=1e-6
    )


def test_loudness_does_not_count_when_normalised(sound):
    waves = sound.waves(4, 1000)
    for scale in ("magnitude", "power", "db"):
        quiet, loud = (sound.compute(waves * np.float32(size), scale=scale).values for size in (0.25, 4.0))
        np.testing.assert_allclose(quiet, loud, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("scale", ["magnitude", "power", "db"])
def test_digital_silence_gives_zeros(sound, scale):
    assert not sound.compute(np.zeros((1, 500, 1), np.float32), scale=scale).values.any()


def test_a_batch_is_its_windows_byte_for_byte(sound):
    values = sound.waves(9, 700)
    np.testing.assert_array_equal(
        sound.compute(values).values, [sound.compute(values[i : i + 1]).values[0] for i in range(9)]
    )


def test_a_window_beyond_262144_samples_is_refused(sound):
    with pytest.raises(BlockError, match=r"allowed: up to 262144.*max_length_ms"):
        sound.block.describe(sound.window(262145), sound.params())


@settings(deadline=None, max_examples=25)
@given(
    length=st.integers(1, 3000),
    scale=st.sampled_from(["magnitude", "power", "db"]),
    normalise=st.sampled_from(["max", "none"]),
    seed=st.integers(0, 99),
)
def test_the_device_gives_what_python_gives(sound, length, scale, normalise, seed):
    waves = sound.waves(4, length, seed)
    values = sound.compute(waves, scale=scale, normalise=normalise).values
    got = sound.device(sound.window(length), scale=scale, normalise=normalise).batch(waves)["features"]
    largest = values.max(axis=1, keepdims=True)
    if scale == "db":  # rounding is a share of the largest bin: the further below it, the more dB
        allowed = 1e-3 + 8.7 * 2e-6 * 10 ** ((largest - values) / 20)
    else:
        allowed = np.broadcast_to(1e-3 + 1e-4 * largest, values.shape)
    np.testing.assert_array_less(np.abs(got - values), allowed)

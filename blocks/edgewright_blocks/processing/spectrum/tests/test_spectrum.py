"""Spectrum: known sounds, C++ against Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright_sdk import BlockError, Params, Windows, load_block
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)
FREQUENCY = 8000.0


def window(length, **more):
    return {"kind": "time-series", "length": length, "axes": ["audio"], "frequency": FREQUENCY, **more}


def compute(values, **params):
    return BLOCK.new().transform(Windows(values, window(values.shape[1])), Params.defaults(FOLDER, **params))


def sounds(count, length, seed=0):
    """Noise, a tone, a fading chirp and clicks, each over some noise, in the range of int16."""
    random, t = np.random.default_rng(seed), np.arange(length) / FREQUENCY
    kinds = [
        3000 * random.standard_normal(length),
        8000 * np.sin(2 * np.pi * 440 * t) + 300 * random.standard_normal(length),
        6000 * np.exp(-3 * t) * np.sin(2 * np.pi * (300 + 900 * t) * t)
        + 100 * random.standard_normal(length),
        np.where(np.arange(length) % 1000 < 40, 20000.0, 0.0) + 50 * random.standard_normal(length),
    ]
    return np.stack([kinds[i % 4] for i in range(count)]).astype(np.float32)[:, :, None]


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    """Compile the block's device code once; give what runs any parameter set on it."""
    folder = tmp_path_factory.mktemp("device")
    library, numbers = [], iter(range(10**6))

    def node_of(spec, **params):
        place = folder / str(next(numbers))
        BLOCK.new().export(spec, Params.defaults(FOLDER, **params)).write(place, FOLDER / "device")
        node = load_node(place)
        if not library:
            (folder / "build").mkdir()
            library.append(build_library([node], folder / "build", options=["-Wall", "-Wextra", "-Werror"]))
        return DeviceNode(library[0], node)

    return node_of


def test_a_tone_is_one_bin():
    t = np.arange(1024) / FREQUENCY
    tone = (1000 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)[None, :, None]
    features = compute(tone)
    assert features.labels[128] == "audio 1000 Hz"
    assert features.values[0].argmax() == 128
    assert features.values[0, 128] == 1.0
    np.testing.assert_allclose(compute(tone, normalise="none").values[0, 128], 512_000, rtol=1e-6)
    np.testing.assert_allclose(
        compute(tone, normalise="none", scale="power").values[0, 128], 512_000**2 / 1024, rtol=1e-6
    )


def test_loudness_does_not_count_when_normalised():
    sound = sounds(4, 1000)
    for scale in ("magnitude", "power", "db"):
        quiet, loud = (compute(sound * np.float32(size), scale=scale).values for size in (0.25, 4.0))
        np.testing.assert_allclose(quiet, loud, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("scale", ["magnitude", "power", "db"])
def test_digital_silence_gives_zeros(scale):
    assert not compute(np.zeros((1, 500, 1), np.float32), scale=scale).values.any()


def test_a_batch_is_its_windows_byte_for_byte():
    values = sounds(9, 700)
    np.testing.assert_array_equal(
        compute(values).values, [compute(values[i : i + 1]).values[0] for i in range(9)]
    )


def test_a_window_beyond_65536_samples_is_refused():
    with pytest.raises(BlockError, match="allowed: up to 65536"):
        BLOCK.new().describe(window(65537), Params.defaults(FOLDER))


@settings(deadline=None, max_examples=25)
@given(
    length=st.integers(1, 3000),
    scale=st.sampled_from(["magnitude", "power", "db"]),
    normalise=st.sampled_from(["max", "none"]),
    seed=st.integers(0, 99),
)
def test_the_device_gives_what_python_gives(device, length, scale, normalise, seed):
    sound = sounds(4, length, seed)
    values = compute(sound, scale=scale, normalise=normalise).values
    got = device(window(length), scale=scale, normalise=normalise).batch(sound)["features"]
    largest = np.abs(values).max(axis=1, keepdims=True) if scale != "db" else 100.0
    np.testing.assert_array_less(np.abs(got - values), 1e-3 + 1e-4 * np.broadcast_to(largest, values.shape))

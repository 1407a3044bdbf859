"""MFE: golden cases, C++ against Python, streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright_sdk import Params, Windows, load_block
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


def test_golden(golden):
    features = golden.compute()
    assert golden.differences(features) == []
    shape = golden.record["shape"]
    assert (features.shape["width"], features.shape["height"]) == (shape["width"], shape["height"])


def test_a_batch_is_its_windows_byte_for_byte():
    values = sounds(9, 3000)
    whole = compute(values).values
    single = [compute(values[i : i + 1]).values[0] for i in range(len(values))]
    np.testing.assert_array_equal(whole, single)


def test_levels_are_steps_of_1_256_from_0_to_1():
    levels = compute(sounds(4, 4000)).values
    assert levels.min() >= 0
    assert levels.max() <= 1
    np.testing.assert_array_equal(levels * 256, np.rint(levels * 256))


def test_digital_silence_is_zero():
    assert not compute(np.zeros((1, 8000, 1), np.float32)).values.any()


@settings(deadline=None, max_examples=25)
@given(
    frame=st.sampled_from([0.016, 0.02, 0.032, 0.05]),
    stride=st.sampled_from([0.01, 0.02, 0.025]),
    fft=st.sampled_from([128, 256, 512]),
    filters=st.integers(6, 20),
    floor=st.sampled_from([-100, -52, 0]),
    seed=st.integers(0, 99),
)
def test_the_device_gives_what_python_gives(device, frame, stride, fft, filters, floor, seed):
    sound = sounds(4, 2400, seed)
    params = {
        "frame_length": frame,
        "frame_stride": stride,
        "fft_length": fft,
        "num_filters": filters,
        "noise_floor_db": floor,
        "low_frequency": 100,
    }
    values = compute(sound, **params).values
    got = device(window(2400), **params).batch(sound)["features"]
    assert np.abs(got - values).max() <= 1 / 256


@pytest.mark.parametrize("stride", [160, 320, 800])
def test_a_stream_gives_the_same_bits_as_windows_one_by_one(device, stride):
    signal = sounds(1, 6400, 3)[0]
    windows = np.stack([signal[start : start + 2400] for start in range(0, 4001, stride)])
    node = device(window(2400, stride=stride), frame_length=0.02, frame_stride=0.02)
    assert node.node.state_bytes > 0
    np.testing.assert_array_equal(
        node.batch(windows, stream=True)["features"], node.batch(windows)["features"]
    )

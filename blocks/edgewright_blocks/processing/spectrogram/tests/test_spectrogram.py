"""Spectrogram: golden cases, C++ against Python, streams."""

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


def test_digital_silence_is_zero():
    assert not compute(np.zeros((1, 4000, 1), np.float32)).values.any()


def test_more_than_500_frames_are_refused_with_a_stride_that_works():
    with pytest.raises(BlockError, match="allowed: 500, so a frame-stride from") as caught:
        compute(sounds(1, 80_000))
    stride = float(str(caught.value).rsplit(" ", 2)[1])
    assert compute(sounds(1, 80_000), frame_stride=stride + 1e-3).values.shape[0] == 1


def test_a_frame_of_three_samples_is_refused():
    with pytest.raises(BlockError, match="4 samples"):
        compute(sounds(1, 2000), frame_length=3 / FREQUENCY)


def test_two_axes_are_refused():
    spec = {**window(100), "axes": ["left", "right"]}
    with pytest.raises(BlockError, match="choose it by `axes:`"):
        BLOCK.new().describe(spec, Params.defaults(FOLDER))


@settings(deadline=None, max_examples=25)
@given(
    frame=st.sampled_from([0.01, 0.016, 0.02, 0.05]),
    stride=st.sampled_from([0.01, 0.02, 0.025]),
    fft=st.sampled_from([16, 64, 128, 512]),
    floor=st.sampled_from([-100, -52, 0]),
    seed=st.integers(0, 99),
)
def test_the_device_gives_what_python_gives(device, frame, stride, fft, floor, seed):
    sound = sounds(4, 2400, seed)
    params = {"frame_length": frame, "frame_stride": stride, "fft_length": fft, "noise_floor_db": floor}
    values = compute(sound, **params).values
    got = device(window(2400), **params).batch(sound)["features"]
    # What lies 90 dB below the loudest bin of its window is rounding noise in float32.
    heard = values > values.max(axis=1, keepdims=True) - 90 / (12 - floor)
    np.testing.assert_allclose(got[heard], values[heard], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("stride", [160, 320, 800])
def test_a_stream_gives_the_same_bits_as_windows_one_by_one(device, stride):
    signal = sounds(1, 6400, 3)[0]
    windows = np.stack([signal[start : start + 2400] for start in range(0, 4001, stride)])
    node = device(window(2400, stride=stride), frame_length=0.02, frame_stride=0.02)
    assert node.node.state_bytes > 0
    np.testing.assert_array_equal(
        node.batch(windows, stream=True)["features"], node.batch(windows)["features"]
    )

"""MFCC: golden cases, C++ against Python, streams."""

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


def test_refused(refused):
    with pytest.raises(BlockError, match="allowed"):
        refused.compute()


def test_a_batch_is_its_windows_byte_for_byte():
    values = sounds(9, 3000)
    whole = compute(values).values
    single = [compute(values[i : i + 1]).values[0] for i in range(len(values))]
    np.testing.assert_array_equal(whole, single)


def test_digital_silence_is_zero_once_normalised_and_finite_before():
    silence = np.zeros((1, 8000, 1), np.float32)
    assert not compute(silence).values.any()
    raw = compute(silence, win_size=0)
    assert np.isfinite(raw.values).all()
    assert raw.values[0, 0] == np.float32(np.log(1e-10))


def test_more_cepstra_than_filters_are_refused():
    with pytest.raises(BlockError, match="allowed: up to num-filters, which is 32"):
        compute(sounds(1, 2000), num_cepstral=33)


def test_too_many_filters_are_refused_with_the_number_that_works():
    with pytest.raises(BlockError, match=r"allowed: num-filters up to (\d+)") as caught:
        compute(sounds(1, 2000), num_filters=200, fft_length=64)
    works = int(str(caught.value).rsplit(" ", 1)[1])
    assert np.isfinite(
        compute(sounds(1, 2000), num_filters=works, fft_length=64, num_cepstral=2).values
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
    device, frame, stride, fft, filters, smoothing, factor, shift, seed
):
    sound = sounds(4, 2400, seed)
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
    values = compute(sound, **params).values
    got = device(window(2400), **params).batch(sound)["features"]
    np.testing.assert_allclose(got, values, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("stride", [160, 320, 800])
def test_a_stream_gives_the_same_bits_as_windows_one_by_one(device, stride):
    signal = sounds(1, 6400, 3)[0]
    windows = np.stack([signal[start : start + 2400] for start in range(0, 4001, stride)])
    node = device(window(2400, stride=stride), frame_length=0.02, frame_stride=0.02)
    assert node.node.state_bytes > 0
    np.testing.assert_array_equal(
        node.batch(windows, stream=True)["features"], node.batch(windows)["features"]
    )

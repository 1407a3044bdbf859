"""Image: the golden case, brightness, grey pictures, C++ against Python to the bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edgewright_sdk import BlockError, Params, Windows, load_block
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

FOLDER = Path(__file__).parents[1]
GOLDEN = FOLDER / "tests" / "golden"
BLOCK = load_block(FOLDER)
EVERY_BYTE = np.arange(256, dtype=np.uint8)


def window(height, width, channels=3):
    return {"kind": "image", "height": height, "width": width, "channels": channels}


def compute(pixels, channels="RGB"):
    params = Params.defaults(FOLDER, channels=channels)
    return BLOCK.new().transform(Windows(pixels, window(*pixels.shape[1:])), params)


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    """Compile the block's device code once; give what runs it on any size."""
    folder = tmp_path_factory.mktemp("device")
    library, numbers = [], iter(range(10**6))

    def node_of(spec, channels):
        place = folder / str(next(numbers))
        export = BLOCK.new().export(spec, Params.defaults(FOLDER, channels=channels))
        export.write(place, FOLDER / "device")
        node = load_node(place)
        if not library:
            (folder / "build").mkdir()
            options = ["-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Werror"]
            library.append(build_library([node], folder / "build", options=options))
        return DeviceNode(library[0], node)

    return node_of


@pytest.mark.parametrize(
    "case", json.loads((GOLDEN / "cases.json").read_text())["cases"], ids=lambda c: c["id"]
)
def test_golden(case):
    pixels = np.load(GOLDEN / case["input"])
    features = compute(pixels, case["params"]["channels"])
    expected = np.load(GOLDEN / "expected.npz")[case["id"]]
    np.testing.assert_allclose(features.values[0], expected, rtol=1e-6, atol=1e-7)
    assert features.shape == {"type": "image", **case["shape"]}


def test_labels_name_row_and_column_and_agree_with_the_description():
    features = compute(np.zeros((1, 2, 3, 3), np.uint8))
    assert features.labels[:4] == ["R 0,0", "G 0,0", "B 0,0", "R 0,1"]
    assert features.labels[-1] == "B 1,2"
    assert len(set(features.labels)) == 18
    grey = compute(np.zeros((1, 2, 3, 3), np.uint8), "Grayscale")
    assert grey.labels == ["Gray 0,0", "Gray 0,1", "Gray 0,2", "Gray 1,0", "Gray 1,1", "Gray 1,2"]
    assert (grey.shape["channels"], grey.shape["frames"]) == (1, 1)


def test_brightness_is_the_weighted_sum():
    pixels = np.array([[[[200, 100, 50], [255, 255, 255], [0, 0, 0]]]], np.uint8)
    values = compute(pixels, "Grayscale").values[0]
    expected = [(0.299 * 200 + 0.587 * 100 + 0.114 * 50) / 255, 1, 0]
    np.testing.assert_allclose(values, expected, rtol=1e-6)


def test_grey_pictures_give_every_channel_their_value():
    pixels = EVERY_BYTE.reshape(1, 16, 16, 1)
    np.testing.assert_array_equal(compute(pixels, "Grayscale").values[0], EVERY_BYTE / np.float32(255))
    colours = compute(pixels).values.reshape(256, 3)
    np.testing.assert_array_equal(colours, np.repeat(EVERY_BYTE[:, None] / np.float32(255), 3, axis=1))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (window(4, 4, 4), "4 channels; allowed: 3"),
        ({"kind": "time-series", "length": 9, "axes": ["x"], "frequency": 1.0}, "takes images"),
    ],
)
def test_what_is_no_image_is_refused(spec, message):
    with pytest.raises(BlockError, match=message):
        BLOCK.new().describe(spec, Params.defaults(FOLDER))


def test_plot_is_the_picture_thinned_to_what_a_page_can_hold():
    pixels = np.full((2, 300, 600, 3), 77, np.uint8)
    params = Params.defaults(FOLDER)
    (plot,) = BLOCK.new().plot(Windows(pixels, window(300, 600)), params)
    assert (plot["kind"], plot["width"], plot["height"], plot["channels"]) == ("image", 200, 100, 3)
    assert set(plot["values"]) == {77.0}
    assert len(plot["values"]) == 200 * 100 * 3


@settings(deadline=None, max_examples=40)
@given(
    pixels=arrays.arrays(
        np.uint8,
        st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3])),
    ),
    channels=st.sampled_from(["RGB", "Grayscale"]),
)
def test_the_device_gives_the_same_bits(device, pixels, channels):
    got = device(window(*pixels.shape[1:]), channels).batch(pixels)["features"]
    np.testing.assert_array_equal(got, compute(pixels, channels).values)

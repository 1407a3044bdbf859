"""What the driver of Edge Impulse's processing blocks asks and how it reads the answers."""

from __future__ import annotations

import base64
import json
import math
import socket
from typing import Any

import numpy as np
import pytest

from edgewright_sdk.errors import OutputError
from edgewright_sdk.http_block.answers import labels_of, row_of, rows_of, shape_of
from edgewright_sdk.http_block.connection import Server
from edgewright_sdk.http_block.graphs import plots_of
from edgewright_sdk.http_block.questions import Questions, numbers

WINDOW: Any = {"kind": "time-series", "length": 2, "axes": ["accX", "accY"], "frequency": 100.0}


def test_a_time_series_is_interleaved_and_keeps_every_bit() -> None:
    window = np.float32([[0.1, 2], [3e-41, -7.25]])
    text = json.dumps(numbers(window))
    assert np.float32(json.loads(text)).tobytes() == window.tobytes()
    assert all(isinstance(value, float) for value in numbers(window))


@pytest.mark.parametrize(
    ("pixel", "number"), [([1, 2, 3], 0x010203), ([255, 0, 128, 9], 0xFF0080), ([7], 0x070707)]
)
def test_an_image_is_its_size_and_a_number_a_pixel(pixel: list[int], number: int) -> None:
    image = np.zeros((3, 2, len(pixel)), np.uint8)
    image[1, 0] = pixel
    assert numbers(image) == [2, 3, 0, 0, number, 0, 0, 0]


def test_named_axes_are_found_by_name() -> None:
    questions = Questions(WINDOW, {"named_axes": {"ACCX": False, "gyrZ": False, "gyrY": True}})
    body = questions.run(np.zeros((2, 2), np.float32))
    assert body["named_axes"] == {"ACCX": "accX", "gyrZ": False, "gyrY": False}
    assert questions.missing_axes() == ["gyrZ"]
    assert (body["sampling_freq"], body["draw_graphs"]) == (100, False)
    assert isinstance(body["sampling_freq"], int)
    assert "named_axes" not in Questions(WINDOW, {}).run(np.zeros((2, 2), np.float32))
    assert Questions(WINDOW, {}).batch(np.zeros((1, 2, 2), np.float32), None)["state"] == ""


@pytest.mark.parametrize(
    ("given", "count", "expected"),
    [
        (["a", "b"], 2, ["a", "b"]),
        (["a", "b"], 4, ["x a", "x b", "y a", "y b"]),
        # all axes' first pass, then all axes' slower one
        (["a", "a LF", "b LF"], 6, ["x a", "y a", "x a LF", "x b LF", "y a LF", "y b LF"]),
        ([], 2, ["feature 0", "feature 1"]),
        (None, 1, ["feature 0"]),
        ([1, 2], 2, ["1", "2"]),
    ],
)
def test_labels_of_one_axis_are_expanded(given: Any, count: int, expected: list[str]) -> None:
    assert labels_of(given, ["x", "y"], count) == (expected, None)


def test_labels_that_fit_nothing_are_replaced_and_told() -> None:
    labels, problem = labels_of(["a", "b", "c"], ["x", "y"], 4)
    assert labels[3] == "feature 3"
    assert problem is not None
    assert "3 labels for 4 features of 2 axes" in problem


@pytest.mark.parametrize(
    ("config", "count", "expected"),
    [
        (None, 3, {"type": "flat", "width": 3}),
        ({"type": "flat", "shape": {"width": 3}}, 3, {"type": "flat", "width": 3}),
        ({"type": "spectrogram", "shape": {"width": 50.0, "height": 2}}, 100,
         {"type": "spectrogram", "width": 50, "height": 2}),
        ({"type": "image", "shape": {"width": 2, "height": 3, "channels": 1}}, 6,
         {"type": "image", "width": 2, "height": 3, "channels": 1}),
    ],
)  # fmt: skip
def test_shapes(config: Any, count: int, expected: dict[str, Any]) -> None:
    assert shape_of(config, count) == (expected, None)


@pytest.mark.parametrize(
    "config",
    [{"type": "cube"}, {"type": "image", "shape": {"width": 2}}, {"type": "spectrogram", "shape": [1, 2]},
     {"type": "spectrogram", "shape": {"width": "5", "height": math.nan}}],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_flat(config: Any) -> None:
    shape, problem = shape_of(config, 5)
    assert shape == {"type": "flat", "width": 5}
    assert problem


@pytest.mark.parametrize("value", [None, "1", [], ["x"], {"a": 1}, [[1, 2], [3]], 5, [{"a": 1}], [10**400]])
def test_features_that_are_no_numbers_are_refused(value: Any) -> None:
    with pytest.raises(OutputError, match="window 7: 'features'"):
        row_of({"features": value}, "window 7")


def test_rows_must_be_as_many_and_equally_long() -> None:
    assert rows_of({"features": [[[1], [2]], [3, 4]]}, 0, 2).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(OutputError, match="gave 1 rows of features for 2 windows"):
        rows_of({"features": [[1]]}, 0, 2)
    with pytest.raises(OutputError, match="window 6 has 1 features, window 5 has 2"):
        rows_of({"features": [[1, 2], [1]]}, 5, 2)


def test_lines_fit_their_abscissa_and_hold_finite_numbers() -> None:
    told: list[str] = []
    graphs = [
        {"name": "a", "X": {"x": [1, 2, math.inf], "y": [0.5, -math.inf, 1]}, "y": [1, 2, 3, 4]},
        {"name": "b", "X": [[1, 2, 3]], "y": [1, 2], "axisLabels": {"X": "Hz", "y": "dB"}},
        {"name": "c", "X": [3, 4], "type": "logarithmic"},
        {"name": "d", "X": {"x": [math.nan]}},
        {"name": "e", "X": {"x": ["1"]}},
        {"name": "f"},
        "g",
    ]
    a, b, c = plots_of(graphs, "W: ", told.append)
    assert a["title"] == "W: a"
    assert a["x"] == {"label": "", "values": [1.0, 2.0, 3.0]}
    assert [series["values"] for series in a["series"]] == [[1.0, 2.0, 2.0], [0.5, 0.5, 1.0]]
    assert b["series"] == [{"name": "value", "values": [1.0, 2.0]}]
    assert (b["x"]["label"], b["y"]["label"]) == ("Hz", "dB")
    assert c["y"]["scale"] == "log"
    assert [text.split(":")[0] for text in told] == [
        "graph 'd' can't be drawn", "graph 'e' can't be drawn", "graph 'f' can't be drawn",
        "graph 6 is a str, not an object; left out",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "mime", "drawn"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png", True),
        (b'<?xml version="1.0"?><svg/>', "image/svg+xml", True),
        (b"<html><script>", "image/svg+xml", False),
        (b"GIF89a", "image/gif", False),
        (b"<svg/>", "text/html", False),
    ],
)
def test_images_are_what_they_say(content: bytes, mime: str, drawn: bool) -> None:
    told: list[str] = []
    data = base64.b64encode(content).decode()
    graph = {"name": "i", "type": "image", "image": data, "imageMimeType": mime}
    plots = plots_of([graph], "", told.append)
    assert plots == ([{"kind": "encoded-image", "title": "i", "mime": mime, "data": data}] if drawn else [])
    assert bool(told) is not drawn


def test_a_server_that_never_listens_is_named() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # taken, and nobody listens
        port = held.getsockname()[1]
        with pytest.raises(OutputError, match=f"doesn't listen on port {port} after 0.1 s.*EXPOSE"):
            Server(port).wait(0.1)

"""The page of one block: what it draws, its features, its windows."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from edgewright.face import BlockFeatures
from edgewright.report.block_page import MOST_FEATURES, render_block_page
from edgewright.report.page import save

WINDOW = {"kind": "time-series", "length": 50, "axes": ["x", "<b>y"], "frequency": 10.0}
IMAGE = {"kind": "image", "width": 6, "height": 4, "channels": 3}
LINES = {
    "kind": "lines",
    "title": "mine",
    "x": {"label": "Hz", "values": [0, 1]},
    "y": {},
    "series": [{"name": "x", "values": [1, 2]}],
}
HEAT = {"kind": "heatmap", "title": "heat", "x": {}, "y": {}, "values": [[1, 2], [3, 4]]}
PICTURE = {"kind": "image", "title": "picture", "width": 2, "height": 1, "channels": 1, "values": [0, 255]}


def data_of(page):
    found = re.search(rb'id="report-data">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


def features(windows, width=3, shape=None):
    labels = tuple(f"x <i>f{number}" for number in range(width))
    values = np.arange(windows * width, dtype=np.float32).reshape(windows, width)
    return BlockFeatures(values, labels, shape or {"type": "flat", "width": width})


def panels(page):
    return {panel["id"]: panel["data"] for panel in data_of(page)["panels"]["panels"]}


def test_the_page_has_plots_features_and_windows():
    windows = np.random.default_rng(0).normal(size=(2, 50, 2)).astype(np.float32)
    page = render_block_page(
        "mine", windows=windows, window=WINDOW, features=features(2), plots=[LINES, HEAT, PICTURE],
        names=["walking", "running"], about={"runner": "process"}, warnings=["loud"],
    )  # fmt: skip
    found = panels(page)
    assert [plot["title"] for plot in found["plots"]["plots"]] == ["mine", "heat", "picture"]
    table = found["features"]["tables"][0]
    assert table["columns"] == ["feature", "walking", "running"]
    assert table["rows"][1] == ["x <i>f1", 1.0, 4.0]
    signal = found["windows"]["plots"][0]
    assert [series["name"] for series in signal["series"]] == ["x", "<b>y"]
    assert signal["x"]["values"][:2] == pytest.approx([0.0, 0.1])
    np.testing.assert_allclose(signal["series"][1]["values"], windows[0, :, 1], rtol=1e-6)
    assert data_of(page)["info"]["warnings"] == ["loud"]
    assert b"<i>f1" not in page


def test_a_block_that_failed_still_shows_its_windows():
    page = render_block_page(
        "mine", windows=np.zeros((1, 50, 2), np.float32), window=WINDOW, warnings=["block.py:3: no"]
    )
    assert list(panels(page)) == ["windows"]
    assert data_of(page)["info"]["status"] == "failed"


def test_images_and_shapes():
    images = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(1, 4, 6, 3)
    spectrogram = features(1, 6, {"type": "spectrogram", "height": 2, "width": 3})
    found = panels(render_block_page("mine", windows=images, window=IMAGE, features=spectrogram))
    picture = found["windows"]["plots"][0]
    assert (picture["width"], picture["height"], picture["channels"]) == (6, 4, 3)
    assert picture["values"][:4] == [0, 1, 2, 3]
    # Frame by frame: a column each.
    assert found["features"]["plots"][1]["values"] == [[0, 2, 4], [1, 3, 5]]


def test_what_is_too_much_is_counted():
    many = features(1, MOST_FEATURES + 5)
    large = {**HEAT, "values": [[1.0] * 1000] * 1000}
    page = render_block_page(
        "mine",
        windows=np.zeros((1, 50, 2), np.float32),
        window=WINDOW,
        features=many,
        plots=[large, *[LINES] * 20],
    )
    found = panels(page)
    assert found["features"]["text"] == "5 more features aren't shown."
    assert found["plots"]["text"].startswith("9 more plots")


@pytest.mark.browser
def test_it_is_drawn(browser, tmp_path):
    windows = np.random.default_rng(0).normal(size=(2, 50, 2)).astype(np.float32)
    few = features(2, width=12)
    long = BlockFeatures(
        few.values, tuple(f"{label} of 21.48 to 25.39 Hz" for label in few.labels), few.shape
    )
    page = render_block_page(
        "mine", windows=windows, window=WINDOW, features=long, plots=[LINES, HEAT, PICTURE]
    )
    save(page, tmp_path / "out.html")
    opened, alarms = browser.new_page(), []
    opened.set_default_timeout(60_000)
    opened.on("pageerror", lambda error: alarms.append(str(error)))
    opened.on("console", lambda line: line.type == "error" and alarms.append(line.text))
    opened.goto((tmp_path / "out.html").as_uri())
    for chart in opened.locator(".chart").all():
        chart.scroll_into_view_if_needed()
        chart.locator(".main-svg").first.wait_for()
    assert opened.locator("section.card").count() == 3
    assert opened.locator("canvas.image").count() == 1
    assert "x <i>f0" in opened.locator("#at-features table").inner_text()
    assert "x <i>f0 of 21.48 to 25.39 Hz" in opened.locator("#at-features .xtick text").all_text_contents()
    plot = opened.locator("#at-features .nsewdrag").first.bounding_box()
    assert plot is not None
    assert plot["height"] > 180  # names below it take nothing from it
    assert alarms == []

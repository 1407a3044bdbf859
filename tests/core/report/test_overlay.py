"""Scores of places over an image, as files show them."""

from __future__ import annotations

import numpy as np

from edgewright.cli.app import run as command
from edgewright.report.overlay import overlay


def test_calm_places_stay_and_hot_ones_are_red_within_a_white_border() -> None:
    pixels = np.full((40, 60, 1), 100, np.uint8)
    cells = np.full((4, 6), 1.0, np.float32)
    cells[1, 2:4] = 9
    cells[3, 5] = np.nan
    drawn = overlay(pixels, cells, (2.0, 8.0), 8.5)
    assert drawn.shape == (280, 420, 3)  # seven times as large
    hot = drawn[70:140, 140:280]
    assert (hot[2:-2, 2:-2] == [200, 43, 49]).all()
    for edge in (hot[:2], hot[-2:], hot[:, :2], hot[:, -2:]):
        assert (edge == 255).all()
    drawn[70:140, 140:280] = 100
    assert (drawn == 100).all()
    half = overlay(pixels, np.full((1, 1), 5.0, np.float32), (2.0, 8.0))[0, 0]
    assert half[2] > half[0] > half[1]  # between blue and red


def test_a_run_without_maps_has_nothing_to_lay_over(plain_run, tmp_path, capsys) -> None:
    words = ["score", str(plain_run.path), str(tmp_path), "--overlays", str(tmp_path / "heat")]
    assert command(words) == 2
    assert "this run is not of images, so there is nothing to lay over them" in capsys.readouterr().err
    assert not (tmp_path / "heat").exists()

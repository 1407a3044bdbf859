"""``describe``: what ``data show`` prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgewright.data import describe, describe_impulse
from edgewright.errors import DataError

from .conftest import noise, write_csv
from .folders import FOLDERS, make

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.plugins import Plugins


def test_classes_durations_rates_and_ranges(tmp_path: Path, plugins: Plugins) -> None:
    make("mixed", tmp_path / "data")
    seen = describe(tmp_path / "data", plugins=plugins)
    assert (seen.kind, seen.reader, seen.files, seen.samples) == ("time-series", "csv", 11, 9)
    (good,) = seen.labels
    assert (good.label, good.normal, good.samples) == ("good", True, 9)
    assert good.seconds == pytest.approx(7 * 6 + 2 * 3)
    assert seen.frequencies == ((50.0, 7), (100.0, 2))
    assert seen.lengths == (300, 300, 300)
    assert [axis.name for axis in seen.axes] == ["x", "y", "z"]
    everything = np.concatenate([noise(300, 2, i)[:, 0] for i in range(8)] + [noise(300, 3)[:, 0]])
    assert seen.axes[0].minimum == pytest.approx(everything.min())
    assert seen.axes[0].std == pytest.approx(everything.std(), rel=1e-4)
    assert "2 recording(s) are at 100 Hz, most at 50 Hz" in seen.warnings
    assert any("have the axes x, y, z; most have x, y" in warning for warning in seen.warnings)
    assert [reason for _, reason in seen.bad] == ["'?!' in column 'x' is not a number", "the file is empty"]
    assert set(seen.ignored) == {"README.md", "photo.jpg"}


def test_gaps_flat_axes_and_unknown_rates(tmp_path: Path, plugins: Plugins) -> None:
    times = [*range(0, 200, 10), *range(500, 700, 10)]
    (tmp_path / "a.csv").write_text("timestamp,x\n" + "".join(f"{t},7\n" for t in times))
    seen = describe(tmp_path, plugins=plugins)
    assert "never changes: x" in seen.warnings
    assert any("1 gap(s) in time" in warning for warning in seen.warnings)
    write_csv(tmp_path / "b.csv", noise(50, 1), step_ms=None, axes="x")
    assert any(
        "1 recording(s) do not say their rate" in w for w in describe(tmp_path, plugins=plugins).warnings
    )


def test_images_are_counted(tmp_path: Path, plugins: Plugins) -> None:
    from PIL import Image

    (tmp_path / "good").mkdir()
    for i in range(3):
        Image.new("RGB", (40, 30)).save(tmp_path / "good" / f"{i}.png")
    seen = describe(tmp_path, plugins=plugins)
    assert (seen.kind, seen.samples, seen.labels[0].normal) == ("image", 3, True)


@pytest.mark.parametrize("name", FOLDERS)
def test_any_folder_can_be_described(tmp_path: Path, plugins: Plugins, name: str) -> None:
    make(name, tmp_path / "data")
    seen = describe(tmp_path / "data", plugins=plugins)
    assert seen.samples > 0
    assert json.loads(json.dumps(seen.to_dict(), allow_nan=False))["path"] == str(tmp_path / "data")


def test_nothing_there(tmp_path: Path, plugins: Plugins) -> None:
    with pytest.raises(DataError, match="there is no such file or folder"):
        describe(tmp_path / "gone", plugins=plugins)


def test_rows_of_an_impulse_are_samples_only_where_it_says_so(tmp_path: Path) -> None:
    """A table by its looks: one or two files without a time column."""
    for label in ("a", "b"):
        (tmp_path / "data" / label).mkdir(parents=True)
        rows = "".join(f"{row},{row * row % 7}\n" for row in range(200))
        (tmp_path / "data" / label / "0.csv").write_text("x,y\n" + rows)
    text = "version: 1\nname: x\ndata: {path: data, normal: [a]}\nlearning: [{id: k, block: kmeans, input: [input]}]\n"
    timed = "input: {kind: time-series, frequency: 50, window-ms: 1000, stride-ms: 1000}\n"
    for kind, input_ in (("time-series", timed), ("tabular", "input: {kind: tabular}\n")):
        (tmp_path / "impulse.yaml").write_text(text + input_)
        assert describe_impulse(tmp_path / "impulse.yaml").kind == kind

"""``suggest``: the impulse proposed for a folder is valid and its data can be read, split and cut, unedited."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.data import index, inventory, read, suggest
from edgewright.errors import DataError, UsageError
from edgewright_specs.impulse import ImpulseSpec
from edgewright_specs.loading import parse_impulse

from .conftest import noise, write_csv
from .folders import FOLDERS, make

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.data import IndexSummary, Suggestion
    from edgewright.plugins import Plugins


def through(suggestion: Suggestion, folder: Path, plugins: Plugins) -> tuple[ImpulseSpec, IndexSummary]:
    impulse = parse_impulse(suggestion.to_yaml(folder), folder / "impulse.yaml")
    out = folder / "out"
    out.mkdir(exist_ok=True)
    files = inventory(impulse.data, folder, plugins)
    read(files, impulse.data, impulse.input, out)
    return impulse, index(out, impulse.data, impulse.input, out, normal_only=True, seed=0)


@pytest.mark.parametrize("name", FOLDERS)
def test_suggestion_runs_unedited(tmp_path: Path, plugins: Plugins, name: str) -> None:
    kind = make(name, tmp_path / "data")
    suggestion = suggest(tmp_path / "data", plugins=plugins)
    assert suggestion.kind == kind
    impulse, indexed = through(suggestion, tmp_path, plugins)
    assert indexed.counts["training"]["windows"] >= 8
    assert indexed.counts["training"]["abnormal"] == 0
    clusters = impulse.learning[0].params["clusters"]
    assert 1 <= clusters <= max(1, indexed.counts["training"]["windows"] // 8)


def test_values_fit_the_data(tmp_path: Path, plugins: Plugins) -> None:
    make("motion", tmp_path / "data")
    impulse, indexed = through(suggest(tmp_path / "data", plugins=plugins), tmp_path, plugins)
    assert (impulse.data.normal, impulse.data.abnormal) == (["normal"], "rest")
    assert (impulse.input.frequency, indexed.length, indexed.stride) == (62.5, 125, 15)
    assert impulse.processing[0].block == "spectral_analysis"
    assert impulse.input.axes == ["accX", "accY", "accZ"]


def test_few_values_give_denser_windows(tmp_path: Path, plugins: Plugins) -> None:
    make("one-class", tmp_path / "data")
    _, indexed = through(suggest(tmp_path / "data", plugins=plugins), tmp_path, plugins)
    assert indexed.stride == indexed.length // 8
    assert indexed.counts["training"]["windows"] >= 99


def test_bad_files_and_odd_axes_are_named_in_comments(tmp_path: Path, plugins: Plugins) -> None:
    make("mixed", tmp_path / "data")
    suggestion = suggest(tmp_path / "data", plugins=plugins)
    text = suggestion.to_yaml(tmp_path)
    assert "skip-bad: true  # 2 can't be used: " in text
    assert 'axes: [x, "y"]  # those that every recording has' in text
    assert "frequency: 50  # Hz, as most recordings have (7); resampled: 100 Hz (2)" in text
    assert any("broken.csv:3: '?!'" in warning for warning in suggestion.warnings)


def test_an_assumed_rate_is_called_one(tmp_path: Path, plugins: Plugins) -> None:
    make("without-clock", tmp_path / "data")
    assert "AN ASSUMPTION" in suggest(tmp_path / "data", plugins=plugins).to_yaml(tmp_path)


def test_labels_without_known_normal_are_listed(tmp_path: Path, plugins: Plugins) -> None:
    make("motion-without-known-normal", tmp_path / "data")
    text = suggest(tmp_path / "data", plugins=plugins).to_yaml(tmp_path)
    assert "# Labels found: standing (6), walking (6)" in text
    assert "split: none" in text


def test_labels_beside_abnormal_ones_are_taken_as_normal(tmp_path: Path, plugins: Plugins) -> None:
    for label in ("walking", "idle", "Anomaly"):
        for i in range(4):
            write_csv(tmp_path / "data" / label / f"{i}.csv", noise(200, seed=len(label) + 10 * i))
    impulse, indexed = through(suggest(tmp_path / "data", plugins=plugins), tmp_path, plugins)
    assert (impulse.data.normal, impulse.data.abnormal) == (["idle", "walking"], "rest")
    assert sum(count["abnormal"] for count in indexed.counts.values()) == 4


def test_missing_cells_are_dropped_or_bridged_and_said(tmp_path: Path, plugins: Plugins) -> None:
    table = tmp_path / "table"
    table.mkdir()
    rows = [f"{x:.3f},{'NA' if i % 9 == 0 else i},ok" for i, x in enumerate(noise(100, 1)[:, 0])]
    (table / "a.csv").write_text("a,b,label\n" + "\n".join(rows))
    suggestion = suggest(table, plugins=plugins)
    assert suggestion.warnings == (f"{table}/a.csv: 12 row(s) with missing cells dropped",)
    impulse, indexed = through(suggestion, tmp_path, plugins)
    assert impulse.data.options == {"missing": "drop"}
    assert sum(count["samples"] for count in indexed.counts.values()) == 88
    for i in range(3):
        write_csv(tmp_path / "series" / f"{i}.csv", noise(200, seed=i))
        file = tmp_path / "series" / f"{i}.csv"
        lines = file.read_text().splitlines()
        file.write_text("\n".join([*lines[:50], lines[50].rpartition(",")[0] + ",", *lines[51:]]))
    suggestion = suggest(tmp_path / "series", plugins=plugins)
    assert suggestion.options == {"missing": "interpolate"}
    assert suggestion.warnings == (
        f"{tmp_path}/series/0.csv and 2 more: 1 missing cell(s) bridged by straight lines",
    )


def test_few_recordings_of_other_axes_are_left_out_and_named(tmp_path: Path, plugins: Plugins) -> None:
    for i in range(5):
        write_csv(tmp_path / "data" / f"{i}.csv", noise(200, 2, i), axes="x,y")
    write_csv(tmp_path / "data" / "other.csv", noise(200, 2), axes="left,right")
    suggestion = suggest(tmp_path / "data", plugins=plugins)
    assert suggestion.warnings == ("1 recording(s): the axes left, right, where most recordings have x, y",)
    impulse, indexed = through(suggestion, tmp_path, plugins)
    assert impulse.data.skip_bad
    assert indexed.counts["training"]["samples"] == 5
    write_csv(tmp_path / "half" / "a.csv", noise(200, 2), axes="x,y")
    write_csv(tmp_path / "half" / "b.csv", noise(200, 2), axes="left,right")
    with pytest.raises(DataError, match="no axis in common"):
        suggest(tmp_path / "half", plugins=plugins)


def test_rates_that_all_differ_give_the_middle_one(tmp_path: Path, plugins: Plugins) -> None:
    for i in range(5):
        write_csv(tmp_path / "data" / f"{i}.csv", noise(200, 2, i), step_ms=10 + i)
    text = suggest(tmp_path / "data", plugins=plugins).to_yaml(tmp_path)
    assert "frequency: 83.33  # Hz, the middle of 71.43 to 100 Hz; all recordings are resampled" in text


def test_normal_and_abnormal_folders(tmp_path: Path, plugins: Plugins) -> None:
    for i in range(8):
        write_csv(tmp_path / "a" / "fine" / f"{i}.csv", noise(200, seed=i))
        write_csv(tmp_path / "b" / "broken" / f"{i}.csv", noise(200, seed=50 + i))
        write_csv(tmp_path / "a" / "unrelated" / f"{i}.csv", noise(200, seed=90 + i))
    suggestion = suggest(normal=tmp_path / "a" / "fine", abnormal=tmp_path / "b" / "broken", plugins=plugins)
    _, indexed = through(suggestion, tmp_path, plugins)
    assert sum(count["samples"] for count in indexed.counts.values()) == 16
    assert sum(count["abnormal"] for count in indexed.counts.values()) == 8
    alone = suggest(normal=tmp_path / "a" / "fine", plugins=plugins)
    _, indexed = through(alone, tmp_path, plugins)
    assert sum(count["samples"] for count in indexed.counts.values()) == 8


@pytest.mark.parametrize("place", [".", "sub/deeper", "../elsewhere"])
def test_the_path_starts_from_the_impulse_file(
    tmp_path: Path, plugins: Plugins, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    make("one-class", root / "data")
    folder = root / place
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(root)
    through(suggest("data", plugins=plugins), folder, plugins)
    assert not os.path.isabs(suggest("data", plugins=plugins).to_yaml(root).partition("path: ")[2].split()[0])  # noqa: PTH117


def test_refusals(tmp_path: Path, plugins: Plugins) -> None:

    with pytest.raises(UsageError, match="needs a data folder"):
        suggest(plugins=plugins)
    with pytest.raises(UsageError, match="--abnormal needs --normal"):
        suggest(tmp_path, abnormal=tmp_path, plugins=plugins)
    with pytest.raises(DataError, match="the folder is empty"):
        suggest(tmp_path, plugins=plugins)
    with pytest.raises(DataError, match="there is no such file or folder\n  → name the folder"):
        suggest(tmp_path / "gone", plugins=plugins)
    with pytest.raises(DataError, match="there is no such"):
        suggest(normal=tmp_path / "gone", plugins=plugins)
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(DataError, match="no image could be read"):
        suggest(tmp_path, plugins=plugins)


def test_nothing_readable_gives_the_reasons(tmp_path: Path, plugins: Plugins) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,oops\n3,3\n4,4\n")
    with pytest.raises(DataError, match="'oops'"):
        suggest(tmp_path, plugins=plugins)


def test_many_files_are_sampled(tmp_path: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch) -> None:
    import edgewright.data.scan as scanning
    from edgewright.data import suggest as _  # noqa: F401

    opened: list[Any] = []
    real = scanning.recordings_of

    def count(*args: Any) -> Any:
        opened.append(args)
        return real(*args)

    monkeypatch.setattr(scanning, "recordings_of", count)
    for i in range(900):
        write_csv(tmp_path / "normal" / f"{i}.csv", noise(4, seed=i))
    suggest(tmp_path, plugins=plugins)
    assert len(opened) < 420

"""``read``: one signal, one description, and errors that name the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgewright.data import inventory
from edgewright.data.layout import FileFacts
from edgewright.data.listing import list_files
from edgewright.data.readers import builtin_readers
from edgewright.data.readers.base import BadFileError
from edgewright.data.reading import recordings_of
from edgewright.errors import DataError
from edgewright_specs.impulse import DataSpec

from .conftest import Outcome, noise, write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.plugins import Plugins

#: Nearly a CSV file: what random bytes never are.
HALF_CSV = st.text(alphabet='0123456789.,;-e\n xyt"#', max_size=200).map(
    lambda text: f"t,x\n0,1\n{text}".encode()
)

Run = Callable[..., Outcome]


def test_signal_and_recordings(tmp_path: Path, run: Run) -> None:
    data = tmp_path / "data"
    for number, rows in enumerate((30, 50, 20)):
        write_csv(data / "idle" / f"{number}.csv", noise(rows, seed=number))
    done = run(data, only_read=True)
    document = done.json("recordings.json")
    assert done.signal.shape == (100, 2)
    assert done.signal.dtype == np.float32
    assert (document["axes"], document["frequency"], document["reader"]) == (["x", "y"], 50.0, "csv")
    for number, sample in enumerate(document["samples"]):
        part = done.signal[sample["offset"] : sample["offset"] + sample["length"]]
        np.testing.assert_array_equal(part, noise((30, 50, 20)[number], seed=number))
    assert [s["name"] for s in document["samples"]] == ["idle/0", "idle/1", "idle/2"]
    assert [s["file"] for s in document["samples"]] == ["idle/0.csv", "idle/1.csv", "idle/2.csv"]
    assert {s["label"] for s in document["samples"]} == {"idle"}


def test_signal_is_a_plain_npy_that_can_be_mapped(tmp_path: Path, run: Run) -> None:
    write_csv(tmp_path / "data" / "a.csv", noise(30))
    path = run(tmp_path / "data", only_read=True).out / "signal.npy"
    assert np.load(path, mmap_mode="r").shape == (30, 2)
    assert path.stat().st_size == 128 + 30 * 2 * 4
    assert path.read_bytes()[:8] == b"\x93NUMPY\x01\x00"


def test_rates_are_brought_to_the_impulses_rate(tmp_path: Path, run: Run) -> None:
    write_csv(tmp_path / "data" / "a.csv", noise(100), step_ms=20)
    write_csv(tmp_path / "data" / "b.csv", noise(100), step_ms=10)
    done = run(tmp_path / "data", input={"frequency": 50, "window_ms": 100}, only_read=True)
    assert [s["length"] for s in done.json("recordings.json")["samples"]] == [100, 50]
    assert "1 recording(s) at 100 Hz resampled to 50 Hz" in done.read.warnings


def test_axes_are_chosen_by_name_in_the_impulses_order(tmp_path: Path, run: Run) -> None:
    write_csv(tmp_path / "data" / "a.csv", [[1, 2, 3], [4, 5, 6]], axes="x,y,z")
    write_csv(tmp_path / "data" / "b.csv", [[7, 8], [9, 10]], axes="z,x")
    done = run(tmp_path / "data", input={"axes": ["z", "x"], "window_ms": 20}, only_read=True)
    np.testing.assert_array_equal(done.signal, [[3, 1], [6, 4], [7, 8], [9, 10]])


def test_content_hash_outlives_rate_and_axes(tmp_path: Path, run: Run) -> None:
    write_csv(tmp_path / "data" / "a.csv", noise(100))
    plain = run(tmp_path / "data", only_read=True).json("recordings.json")["samples"][0]["sha256"]
    other = run(tmp_path / "data", input={"axes": ["y"], "frequency": 25}, only_read=True)
    assert other.json("recordings.json")["samples"][0]["sha256"] == plain


@pytest.mark.parametrize(
    ("spoil", "input_", "match"),
    [
        (lambda d: write_csv(d / "c.csv", noise(30, 3), axes="x,y,z"), {}, r"c\.csv: has the axes x, y, z, while .*a\.csv has x, y"),
        (lambda d: write_csv(d / "c.csv", noise(30), step_ms=10), {}, r"c\.csv: is at 100 Hz, while .*a\.csv is at 50 Hz; set input\.frequency"),
        (lambda d: (d / "c.csv").write_text("timestamp,x,y\n0,1,2\n20,huh,2\n40,1,1\n60,1,1\n"), {}, r"c\.csv:3: 'huh' in column 'x'"),
        (lambda d: (d / "c.csv").write_bytes(b"\0\1\2"), {}, r"c\.csv: holds NUL bytes"),
        (lambda d: None, {"axes": ["x", "w"]}, r"a\.csv: has no axis w; it has x, y"),
    ],
)  # fmt: skip
def test_refusals_name_the_file(
    tmp_path: Path, run: Run, spoil: Callable[[Path], Any], input_: Any, match: str
) -> None:
    write_csv(tmp_path / "data" / "a.csv", noise(30))
    spoil(tmp_path / "data")
    with pytest.raises(DataError, match=match):
        run(tmp_path / "data", input={"window_ms": 100, **input_})


def test_bad_files_are_skipped_on_request_and_leave_nothing(tmp_path: Path, run: Run) -> None:
    data = tmp_path / "data"
    write_csv(data / "a.csv", noise(30))
    lines = "".join(f"{i * 20},1,2\n" for i in range(300))
    (data / "b.csv").write_text(f"timestamp,x,y\n{lines}{lines}6000,oops,1\n")
    write_csv(data / "c.csv", noise(30, seed=1))
    done = run(data, {"skip_bad": True}, only_read=True)
    assert done.signal.shape == (60, 2)
    assert done.read.skipped == ((f"{data}/b.csv:602", "'oops' in column 'x' is not a number"),)
    np.testing.assert_array_equal(done.signal[30:], noise(30, seed=1))


def test_a_file_that_fails_after_some_recordings_leaves_nothing(tmp_path: Path, run: Run) -> None:
    data = tmp_path / "data"
    data.mkdir()
    head = "@classLabel true a\n@data\n"
    (data / "a.ts").write_text(head + "1,2,3:a\n4,5,6:a\n")
    (data / "b.ts").write_text(head + "1,1,1:a\n2,2,x:a\n")
    (data / "c.ts").write_text(head + "7,8,9:a\n")
    done = run(data, {"skip_bad": True, "options": {"frequency": 10}}, only_read=True)
    assert done.signal[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [s["offset"] for s in done.json("recordings.json")["samples"]] == [0, 3, 6]


def test_unknown_rate_is_refused_and_can_be_given(tmp_path: Path, run: Run) -> None:
    write_csv(tmp_path / "data" / "a.csv", noise(30), step_ms=None)
    with pytest.raises(DataError, match=r"set input\.frequency"):
        run(tmp_path / "data")
    assert (
        run(tmp_path / "data", input={"frequency": 50, "window_ms": 100}, only_read=True).read.frequency == 50
    )


def test_labels_that_change_in_time_cut_the_recording(tmp_path: Path, run: Run) -> None:
    data = tmp_path / "data"
    write_csv(data / "a.csv", noise(30))
    segments = [
        {"startIndex": 0, "endIndex": 9, "label": "idle"},
        {"startIndex": 10, "endIndex": 29, "label": "run"},
    ]
    (data / "structured_labels.labels").write_text(json.dumps({"structuredLabels": {"a.csv": segments}}))
    done = run(data, only_read=True)
    samples = done.json("recordings.json")["samples"]
    assert [(s["name"], s["label"], s["length"]) for s in samples] == [
        ("a#1", "idle", 10),
        ("a#2", "run", 20),
    ]
    segments[1]["endIndex"] = 30
    (data / "structured_labels.labels").write_text(json.dumps({"structuredLabels": {"a.csv": segments}}))
    with pytest.raises(DataError, match="rows 10 to 30"):
        run(data, only_read=True)


def test_tabular_rows_are_samples(tmp_path: Path, run: Run) -> None:
    data = tmp_path / "table.csv"
    data.write_text("a,b,class\n" + "".join(f"{i},{i * i},{'good' if i % 3 else 'bad'}\n" for i in range(60)))
    done = run(data, input={"kind": "tabular"})
    samples = done.json("samples.json")
    assert len(samples) == 60
    assert samples[4]["name"] == "table#5"
    assert done.signal.shape == (60, 2)
    assert done.json("windows.json")["length"] == 1


@pytest.mark.parametrize(
    ("make", "spec", "match"),
    [
        (lambda d: None, {}, "no such file or folder"),
        (lambda d: d.mkdir(), {}, "the folder is empty"),
        (lambda d: (d.mkdir(), (d / "a.xyz").write_text("")), {}, "the folder holds 1 .xyz"),
        (lambda d: write_csv(d / "a.csv", noise(5)), {"reader": "cvs"}, "did you mean 'csv'"),
        (lambda d: write_csv(d / "a.csv", noise(5)), {"reader": "audio"}, "the reader audio knows"),
        (
            lambda d: write_csv(d / "a.csv", noise(5)),
            {"options": {"folders": {"x": "gone"}}},
            "gone: there is no such",
        ),
    ],
)
def test_nothing_to_read(
    tmp_path: Path, plugins: Plugins, make: Callable[[Path], Any], spec: Any, match: str
) -> None:
    make(tmp_path / "data")
    with pytest.raises(DataError, match=match):
        inventory(DataSpec(path="data", **spec), tmp_path, plugins)


def test_junk_is_left_out_and_named(tmp_path: Path, plugins: Plugins) -> None:
    data = tmp_path / "data"
    for name in ("idle/2.csv", "idle/10.csv", "run/1.csv", ".hidden/1.csv", "__MACOSX/1.csv", "old/3.csv"):
        write_csv(data / name, noise(5))
    for name in ("README.md", "notes.txt", ".DS_Store", "idle/.x.csv"):
        (data / name).write_text("Some words, and more,\nof no use.")
    (data / "old" / "run.json").write_text("{}")
    (data / "old" / "events.jsonl").write_text("")
    (data / "loop").symlink_to(data)
    found = inventory(DataSpec(path="data"), tmp_path, plugins)
    assert [file.relative for file in found.files] == ["idle/10.csv", "idle/2.csv", "run/1.csv"]
    assert set(found.ignored) == {"README.md", "notes.txt"}
    assert found.notes()[1].startswith("2 other file(s) ignored: ")


def test_label_files_belong_to_the_key(tmp_path: Path, plugins: Plugins) -> None:
    write_csv(tmp_path / "data" / "a.csv", noise(5))
    (tmp_path / "data" / "info.labels").write_text('{"version": 1, "files": []}')
    found = inventory(DataSpec(path="data"), tmp_path, plugins)
    assert [file.relative for file in found.all_files] == ["a.csv", "info.labels"]


def test_the_commonest_format_is_read(tmp_path: Path, plugins: Plugins) -> None:
    data = tmp_path / "data"
    write_csv(data / "list.csv", noise(5))
    for name in ("a", "b"):
        np.save(data / f"{name}.npy", noise(5))
    assert inventory(DataSpec(path="data"), tmp_path, plugins).reader.name == "npy"


def test_folders_may_lie_anywhere(tmp_path: Path, run: Run) -> None:
    write_csv(tmp_path / "one" / "sub" / "a.csv", noise(60))
    write_csv(tmp_path / "two" / "a.csv", noise(60, seed=1))
    options = {"folders": {"normal": "../one", "abnormal": ["../two"]}}
    (tmp_path / "data").mkdir()
    done = run(tmp_path / "data", {"options": options}, only_read=True)
    samples = done.json("recordings.json")["samples"]
    assert [(s["name"], s["label"]) for s in samples] == [
        ("normal/sub/a", "normal"),
        ("abnormal/a", "abnormal"),
    ]


def test_a_plugins_reader_that_crashes_is_a_bad_file(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edgewright.data.readers.npy import NpyReader

    np.save(tmp_path / "a.npy", noise(5))

    def crash(*_: Any) -> Any:
        raise KeyError("boom")

    monkeypatch.setattr(NpyReader, "recordings", crash)
    with pytest.raises(DataError, match=r"a\.npy: KeyError: 'boom'"):
        run(tmp_path / "a.npy")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from(["csv", "ts", "npy", "wav", "mat", "json", "cbor"]),
    content=st.binary(max_size=300) | HALF_CSV,
)
def test_any_bytes_are_read_or_refused_by_name(
    tmp_path: Path, plugins: Plugins, suffix: str, content: bytes
) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    for reader in builtin_readers():
        if reader.detect(path):
            files = list_files(path, [reader])
            try:
                for recording in recordings_of(files, files.files[0], FileFacts(), {}):
                    assert np.isfinite(recording.values).all()
                    assert recording.values.shape == (recording.length, len(recording.axes))
            except BadFileError:
                continue

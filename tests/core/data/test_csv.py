"""The CSV reader: what it concludes, what it cuts, and how it names what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.data.readers.base import BadFileError, MissingCellsError, Recording
from edgewright.data.readers.csv_reader import CsvReader

if TYPE_CHECKING:
    from pathlib import Path


def read(
    tmp_path: Path, text: str, name: str = "a.csv", encoding: str = "utf-8", **options: Any
) -> list[Recording]:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return list(
        CsvReader().recordings(path, {key.replace("_", "-"): value for key, value in options.items()})
    )


def rows(first: str, lines: int, form: str) -> str:
    return first + "".join(form.format(i=i) + "\n" for i in range(lines))


def test_header_time_in_ms_and_units_in_brackets(tmp_path: Path) -> None:
    (one,) = read(tmp_path, rows("timestamp,accX (g),accY [m/s2]\n", 50, "{i}0,{i}.5,-{i}"))
    assert one.axes == ("accX", "accY")
    assert one.units == ("g", "m/s2")
    assert one.frequency == 100.0
    assert one.times is None
    assert one.values.dtype == np.float32
    np.testing.assert_array_equal(one.values[3], [3.5, -3.0])


@pytest.mark.parametrize(
    ("header", "form", "frequency"),
    [
        ("time,x", "{i}e-2,1", 100.0),
        ("time (s),x", "{i}.5,1", 1.0),
        ("time_us,x", "{i}000,1", 1000.0),
        ("timestamp [ns],x", "{i}0000000,1", 100.0),
        ("seconds_elapsed,x", "0.{i:03d},1", 1000.0),
        ("timestamp,x", "{i}6,1", 100.0),
        ("timestamp,x", "17000000{i:02d},1", 1.0),
        ("timestamp,x", "17000000000{i:02d},1", 1000.0),
        ("ms,x", "{i}0,1", 100.0),
        ("Date,x", "2024-05-01 12:00:{i:02d},1", 1.0),
        ("datetime,x", "2024-05-01T12:00:00.0{i:02d}Z,1", 1000.0),
        ("datetime,x", "2024-05-01T12:00:00.{i:02d}+02:00,1", 100.0),
        ("datetime,x", "2024-05-01T12:00:00.{i:02d}00000-0330,1", 100.0),
        ("zeit;x", "{i};1", None),
    ],
)
def test_time_columns(tmp_path: Path, header: str, form: str, frequency: float | None) -> None:
    (one,) = read(tmp_path, rows(header + "\n", 40, form))
    assert one.frequency == pytest.approx(frequency)
    if frequency is not None:
        assert one.axes == ("x",)


def test_time_unit_option_wins(tmp_path: Path) -> None:
    (one,) = read(tmp_path, rows("timestamp,x\n", 20, "{i},1"), time_unit="s")
    assert one.frequency == 1.0


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    (one,) = read(tmp_path, rows(delimiter.join("abc") + "\n", 10, delimiter.join(["{i}", "1.5", "-2"])))
    assert one.axes == ("a", "b", "c")
    np.testing.assert_array_equal(one.values[4], [4, 1.5, -2])


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_decimal_comma(tmp_path: Path, delimiter: str) -> None:
    (one,) = read(
        tmp_path, rows(f"t{delimiter}x{delimiter}y\n", 30, delimiter.join(["0,{i:02d}", "{i},25", "-1,5"]))
    )
    assert one.frequency == pytest.approx(100)
    np.testing.assert_allclose(one.values[7], [7.25, -1.5])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    (one,) = read(tmp_path, rows("Beschleunigung_ä,y\n", 5, "{i},1"), encoding=encoding)
    assert one.axes == ("Beschleunigung_ä", "y")


def test_no_header(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "1,2\n3,4\n2,1\n")
    assert one.axes == ("ch1", "ch2")
    assert one.length == 3


@pytest.mark.parametrize("first", ["", "0,"])
def test_column_numbers_are_a_header(tmp_path: Path, first: str) -> None:
    (one,) = read(tmp_path, rows("0,1,2\n" if first else ",0,1\n", 9, "{i},{i}.5,3"))
    assert one.length == 9
    assert one.axes == (("0", "1", "2") if first else ("0", "1"))


def test_headerless_clock_in_the_first_column(tmp_path: Path) -> None:
    (one,) = read(tmp_path, rows("", 20, "{i}0,{i}.5"))
    assert (one.frequency, one.axes) == (100.0, ("ch1",))
    assert "time: none" in one.warnings[0]
    (two,) = read(tmp_path, rows("", 20, "{i}0,{i}.5"), time="none")
    assert two.axes == ("ch1", "ch2")


def test_preamble_comments_and_quotes(tmp_path: Path) -> None:
    text = 'sep=;\nDevice: 7\n# recorded today\n"t";"x"\n' + "".join(
        f'"0.{i:02d}";"{i}"\n' for i in range(20)
    )
    (one,) = read(tmp_path, text)
    assert (one.frequency, one.axes, one.length) == (pytest.approx(100), ("x",), 20)


def test_recordings_by_id_label_and_group(tmp_path: Path) -> None:
    lines = ["id,timestamp,x,label,subject"]
    for name, label, who in (("r1", "idle", "ann"), ("r2", "run", "bob"), ("r3", "idle", "bob")):
        lines += [f"{name},{i * 10},{i},{label},{who}" for i in range(6)]
    parts = read(tmp_path, "\n".join(lines) + "\n")
    assert [(p.part, p.label, p.metadata["group"], p.length, p.frequency) for p in parts] == [
        ("r1", "idle", "ann", 6, 100.0),
        ("r2", "run", "bob", 6, 100.0),
        ("r3", "idle", "bob", 6, 100.0),
    ]


def test_interleaved_ids_are_brought_together(tmp_path: Path) -> None:
    lines = ["recording_id,x"] + [
        f"{name},{10 * k + i}" for i in range(12) for k, name in enumerate("bb" if i % 4 < 2 else "aa")
    ]
    parts = read(tmp_path, "\n".join(lines) + "\n")
    assert [p.part for p in parts] == ["b", "a"]
    assert all((np.diff(p.values[:, 0][::2]) > 0).all() for p in parts)


def test_an_id_that_counts_rows_is_no_recording(tmp_path: Path) -> None:
    (one,) = read(tmp_path, rows("sample,x\n", 20, "{i},{i}.5"))
    assert (one.axes, one.length) == (("x",), 20)


def test_time_going_back_starts_a_recording(tmp_path: Path) -> None:
    parts = read(tmp_path, "timestamp,x\n" + "".join(f"{i * 10},1\n" for i in [*range(5), *range(7)]))
    assert [(p.length, p.part) for p in parts] == [(5, "1"), (7, "2")]


def test_a_flag_column_becomes_normal_and_anomaly(tmp_path: Path) -> None:
    parts = read(tmp_path, rows("x,anomaly\n", 9, "{i},0.0") + "9,1.0\n10,1.0\n")
    assert [(p.label, p.length) for p in parts] == [("normal", 9), ("anomaly", 2)]


def test_a_nameless_text_column_that_repeats_is_the_label(tmp_path: Path) -> None:
    parts = read(tmp_path, "x,was\n" + "1,a\n" * 4 + "2,b\n" * 4)
    assert [p.label for p in parts] == ["a", "b"]
    assert "read as the label" in parts[0].warnings[0]


def test_signs_of_remarks_inside_a_label_are_kept(tmp_path: Path) -> None:
    parts = read(tmp_path, "x,label\n1,fault #3\n2,fault #3\n# a remark\n3,50 % load\n")
    assert [(p.label, p.length) for p in parts] == [("fault #3", 2), ("50 % load", 1)]


def test_the_fast_way_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import edgewright.data.readers.csv_file as module

    monkeypatch.setattr(module, "_load_by_cell", None)
    (one,) = read(tmp_path, rows("# remark\ntimestamp;x;label\n", 60, '{i}0;{i},5;"a b"'))
    assert (one.label, one.frequency, one.values[2, 0]) == ("a b", 100.0, 2.5)


def test_constant_text_is_metadata(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "x,site\n1,north\n2,north\n3,north\n")
    assert one.metadata == {"site": "north"}


def test_rows_as_samples(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "id,a,b,class\n1,1,2,good\n2,3,4,bad\n3,5,6,good\n", rows="samples")
    assert one.axes == ("a", "b")
    assert one.row_labels == ("good", "bad", "good")


def test_gap_and_irregular_clock(tmp_path: Path) -> None:
    times = [*range(0, 200, 10), *range(500, 700, 10)]
    (one,) = read(tmp_path, "timestamp,x\n" + "".join(f"{t},{t}\n" for t in times))
    assert one.times is not None
    assert one.frequency == 100.0
    assert "1 gap(s) in time, the longest 0.31 s at 0.19 s" in one.warnings[0]


def test_a_long_pause_ends_a_recording(tmp_path: Path) -> None:
    times = [*range(0, 500, 10), *range(10**9, 10**9 + 300, 10)]
    parts = read(tmp_path, "timestamp,x\n" + "".join(f"{t},1\n" for t in times))
    assert [(p.length, p.frequency, p.times is None) for p in parts] == [(50, 100.0, True), (30, 100.0, True)]


def test_zones_that_change_are_read_one_by_one(tmp_path: Path) -> None:
    cells = [
        "2024-01-01T12:00:00+00:00",
        "2024-01-01T13:00:01+01:00",
        "2024-01-01T12:00:02Z",
        "2024-01-01T12:00:03Z",
    ]
    (one,) = read(tmp_path, "date,x\n" + "".join(f"{cell},1\n" for cell in cells))
    assert (one.frequency, one.times) == (1.0, None)
    with pytest.raises(BadFileError, match="some times name a zone"):
        read(tmp_path, "date,x\n2024-01-01T12:00:00,1\n2024-01-01T12:00:01Z,1\n2024-01-01T12:00:02Z,1\n")
    with pytest.raises(BadFileError, match="neither a number nor an ISO date"):
        read(tmp_path, "date,x\n2024-01-01T12:00:00,1\n2024-01-01T12:00:01,1\nMonday,1\n")
    (one,) = read(tmp_path, "date,x\nMonday,1\nTuesday,1\n")
    assert one.frequency is None
    assert one.warnings == ("the time column 'date' is not understood: ignored",)


def test_a_date_beside_a_time_of_day_and_a_date_without_a_known_name(tmp_path: Path) -> None:
    (one,) = read(tmp_path, rows("Date;Time;x\n", 30, "10/03/2004;18.00.{i:02d};{i}"))
    assert (one.frequency, one.axes) == (1.0, ("x",))
    (two,) = read(tmp_path, rows("created_at,x\n", 30, "2024-01-01 10:00:{i:02d},{i}"))
    assert (two.frequency, two.axes) == (1.0, ("x",))


def test_repeated_stamps_are_read_at_the_mean_rate(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "time (s),x\n" + "".join(f"{i // 50},1\n" for i in range(251)))
    assert one.frequency == pytest.approx(50)
    assert "repeat" in one.warnings[0]


@pytest.mark.parametrize(
    ("text", "line", "match"),
    [
        ("x,y\n1,2\n3,oops\n4,5\n" + "1,1\n" * 20, 3, "'oops' in column 'y' is not a number"),
        ("timestamp,x\n0,1\n10,\n20,3\n", 3, "column 'x' is empty or not finite"),
        ("timestamp,x\n0,1\n10,inf\n20,3\n", 3, "not finite"),
        ("x,y\n" + "1,2\n" * 300 + "3\n", 302, "1 cell"),
        ("x,y\n" + "1,2\n" * 300 + "3,zwei\n", 302, "'zwei'"),
        ("", None, "empty"),
        ("x,y\n", None, "no rows"),
        ("a,b\nfoo,bar\nbaz,qux\n", None, "no column of numbers"),
        ("x,x\n1,2\n3,4\n", None, "more than once"),
    ],
)
def test_broken_files_name_the_line(tmp_path: Path, text: str, line: int | None, match: str) -> None:
    with pytest.raises(BadFileError, match=match) as caught:
        read(tmp_path, text)
    assert caught.value.line == line


def test_missing_cells_on_request(tmp_path: Path) -> None:
    text = "timestamp,x\n0,1\n10,\n20,3\n30,NaN\n40,5\n"
    (bridged,) = read(tmp_path, text, missing="interpolate")
    np.testing.assert_allclose(bridged.values[:, 0], [1, 2, 3, 4, 5])
    (dropped,) = read(tmp_path, text, missing="drop")
    np.testing.assert_allclose(dropped.values[:, 0], [1, 3, 5])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"lable": "x"}, "did you mean 'label'"),
        ({"label": "kind"}, "names the column 'kind'"),
        ({"missing": "guess"}, "must be refuse, interpolate or drop"),
        ({"decimal": "x"}, "must be"),
        ({"frequency": -1}, "above 0"),
        ({"time_unit": "h"}, "must be one of"),
    ],
)
def test_wrong_options(tmp_path: Path, options: dict[str, Any], match: str) -> None:
    with pytest.raises(BadFileError, match=match):
        read(tmp_path, "timestamp,x,label\n0,1,a\n10,2,a\n", **options)


def test_detects_text_files_of_numbers_only(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("1 2 3\n4 5 6\n7 8 9\n")
    (tmp_path / "notes.txt").write_text("These are notes,\nwith commas, and so on.\nNothing more.\n")
    assert CsvReader().detect(tmp_path / "data.txt")
    assert not CsvReader().detect(tmp_path / "notes.txt")


def test_blank_lines_among_and_after_the_rows(tmp_path: Path) -> None:
    (one,) = read(tmp_path, rows("t_ms;x\n", 50, "{i}0;{i},5") + "\r\n\n  \n" + "500;7\n\n")
    assert one.length == 51
    assert one.values[-1, 0] == 7


def test_a_decimal_comma_leaves_the_commas_of_labels(tmp_path: Path) -> None:
    text = rows("x;y;label\n", 30, '{i},5;1,25;"hot, wet"')
    (one,) = read(tmp_path, text)
    assert one.label == "hot, wet"
    assert one.values[2].tolist() == [2.5, 1.25]


def test_missing_cells_are_refused_with_both_ways_out(tmp_path: Path) -> None:
    with pytest.raises(
        MissingCellsError, match=r"2 row.s. like it; set data.options to {missing: inter"
    ) as error:
        read(tmp_path, "x,y\n1,2\n,3\n3,inf\n4,5\n")
    assert error.value.line == 3

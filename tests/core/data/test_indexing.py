"""``index``: conclusions, splits, windows, and the files of a run folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.errors import DataError

from .conftest import Outcome, noise, write_csv

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., Outcome]


def folder(tmp_path: Path, counts: dict[str, int], rows: int = 100, start: int = 0) -> Path:
    for number, (label, count) in enumerate(counts.items()):
        for i in range(start, start + count):
            write_csv(tmp_path / "data" / label / f"{i}.csv", noise(rows, seed=1000 * number + i))
    return tmp_path / "data"


def test_documents_of_a_run_folder(tmp_path: Path, run: Run) -> None:
    done = run(folder(tmp_path, {"normal": 12, "bad": 5}), input={"window_ms": 400, "stride_ms": 200})
    samples, info, table = done.json("samples.json"), done.json("windows.json"), done.table
    assert list(samples[0]) == [
        "name",
        "file",
        "label",
        "split",
        "normal",
        "offset",
        "length",
        "group",
        "metadata",
    ]
    assert (info["length"], info["stride"], info["axes"], info["frequency"]) == (20, 10, ["x", "y"], 50.0)
    assert len(table) == 17 * 9 == info["splits"]["test"][1]
    for split, (first, last) in info["splits"].items():
        part = table[first:last]
        assert {samples[s]["split"] for s in part["sample"]} <= {split}
        assert part.tolist() == sorted(part.tolist())
    assert {s["normal"] for s in samples if s["split"] == "training"} == {True}
    assert done.index is not None
    assert done.index.counts["training"]["windows"] == info["splits"]["training"][1]
    assert "normal (by their names): normal (12)" in done.index.lines


def test_adding_files_moves_none(tmp_path: Path, run: Run) -> None:
    before = run(folder(tmp_path, {"normal": 30, "bad": 30})).splits()
    after = run(folder(tmp_path, {"normal": 10, "bad": 10}, start=30)).splits()
    assert {name: after[name] for name in before} == before
    assert len(after) == 80


def test_own_splits_are_kept_and_abnormal_training_goes_to_calibration(tmp_path: Path, run: Run) -> None:
    data = folder(tmp_path, {"training/good": 4, "training/bad": 2, "testing/good": 2, "testing/bad": 3})
    done = run(data)
    assert done.index is not None
    counts = {split: (c["normal"], c["abnormal"]) for split, c in done.index.counts.items()}
    assert counts == {"training": (4, 0), "calibration": (0, 2), "test": (2, 3)}
    assert any(
        "2 abnormal sample(s)" in line and "training/bad/0, training/bad/1" in line
        for line in done.index.lines
    )
    labelled = run(data, normal_only=False)
    assert labelled.index is not None
    assert labelled.index.counts["training"]["abnormal"] == 2


def test_validation_without_test_is_the_test(tmp_path: Path, run: Run) -> None:
    done = run(folder(tmp_path, {"train/ok": 3, "val/ok": 2}))
    assert set(done.splits().values()) == {"training", "test"}


def test_a_lone_training_folder_says_nothing(tmp_path: Path, run: Run) -> None:
    done = run(folder(tmp_path, {"training/ok": 20, "training/ng": 6}))
    assert set(done.splits().values()) == {"training", "calibration", "test"}
    assert done.index is not None
    assert any("set aside" in line for line in done.index.lines)


def test_groups_by_metadata(tmp_path: Path, run: Run) -> None:
    lines = ["subject,recording_id,timestamp,x,label"]
    for who in range(9):
        for take in range(4):
            label = "bad" if take == 3 else "good"
            lines += [f"s{who},{who}-{take},{i * 20},{who + take + i},{label}" for i in range(60)]
    (tmp_path / "all.csv").write_text("\n".join(lines))
    done = run(tmp_path / "all.csv", input={"window_ms": 400})
    samples = done.json("samples.json")
    assert len(samples) == 36
    for who in range(9):
        sides = {s["split"] == "test" for s in samples if s["group"] == f"s{who}"}
        assert len(sides) == 1
    assert {s["split"] for s in samples if s["normal"]} == {"training", "calibration", "test"}
    assert done.index is not None
    assert "groups: 9 by group, each on one side of the split" in done.index.lines


def test_a_named_group_field_must_be_there(tmp_path: Path, run: Run) -> None:
    data = folder(tmp_path, {"normal": 5})
    with pytest.raises(DataError, match="no metadata field 'who'"):
        run(data, {"split": {"group": "who"}})


def test_one_long_recording_is_cut_along_time(tmp_path: Path, run: Run) -> None:
    write_csv(tmp_path / "data" / "normal.csv", noise(1000))
    write_csv(tmp_path / "data" / "abnormal.csv", noise(300, seed=1))
    done = run(tmp_path / "data", input={"window_ms": 400, "stride_ms": 100})
    pieces = [s for s in done.json("samples.json") if s["normal"]]
    assert [s["split"] for s in pieces] == ["training", "calibration", "test"]
    assert [s["name"] for s in pieces] == ["normal@training", "normal@calibration", "normal@test"]
    assert [s["length"] for s in pieces] == [700, 100, 200]
    assert [s["split"] for s in done.json("samples.json") if not s["normal"]] == ["test"]
    assert done.index is not None
    assert any("cut along time" in line for line in done.index.lines)
    # 20 values a window, 5 a stride: only the windows astride the two cuts are lost.
    assert done.index.counts["training"]["windows"] == (700 - 20) // 5 + 1


def test_explore_without_labels(tmp_path: Path, run: Run) -> None:
    for i in range(3):
        write_csv(tmp_path / "data" / f"rec{i}.csv", noise(100, seed=i))
    with pytest.raises(DataError, match="no sample has a label"):
        run(tmp_path / "data")
    done = run(tmp_path / "data", {"split": "none"})
    info = done.json("windows.json")
    assert info["explore"] is True
    assert info["splits"] == {"training": [0, 6], "calibration": [6, 6], "test": [6, 6]}
    assert {s["normal"] for s in done.json("samples.json")} == {None}


def test_no_known_normal_lists_the_labels(tmp_path: Path, run: Run) -> None:
    data = folder(tmp_path, {"idle": 3, "run": 2})
    with pytest.raises(DataError, match=r"found idle \(3\), run \(2\)"):
        run(data)
    assert run(data, {"normal": ["idle"]}).index is not None
    assert run(data, normal_only=False).index is not None


def test_labels_in_neither_list_are_left_out(tmp_path: Path, run: Run) -> None:
    done = run(folder(tmp_path, {"idle": 4, "run": 2, "odd": 3}), {"normal": ["idle"], "abnormal": ["odd"]})
    assert {s["label"] for s in done.json("samples.json")} == {"idle", "odd"}
    assert done.index is not None
    assert "left out, being neither normal nor abnormal: 2 sample(s)" in done.index.lines


def test_window_longer_than_every_sample(tmp_path: Path, run: Run) -> None:
    data = folder(tmp_path, {"normal": 4})
    with pytest.raises(
        DataError, match=r"2500 ms is 125 values at 50 Hz, but the longest sample has 100 \(2000 ms\)"
    ):
        run(data, input={"window_ms": 2500})
    padded = run(data, input={"window_ms": 2500, "pad": True})
    assert set(padded.table["valid"].tolist()) == {100}


def test_short_samples_are_named(tmp_path: Path, run: Run) -> None:
    data = folder(tmp_path, {"normal": 6})
    write_csv(data / "normal" / "tiny.csv", noise(5, seed=77))
    done = run(data)
    assert done.index is not None
    assert (
        "1 sample(s) are shorter than a window (50 values) and have none: normal/tiny" in done.index.warnings
    )


def test_copies_are_named(tmp_path: Path, run: Run) -> None:
    data = folder(tmp_path, {"normal": 6})
    write_csv(data / "normal" / "copy.csv", noise(100, seed=0))
    write_csv(data / "bad" / "copy.csv", noise(100, seed=1))
    done = run(data)
    assert done.index is not None
    assert "2 sample(s) are exact copies of another (1 of them in several splits)" in done.index.warnings
    assert any("both as normal and as abnormal" in warning for warning in done.index.warnings)


@pytest.mark.parametrize("normal_only", [True, False])
def test_same_input_same_bytes(tmp_path: Path, run: Run, normal_only: bool) -> None:
    data = folder(tmp_path, {"normal": 6, "bad": 4})
    one, two = (run(data, normal_only=normal_only) for _ in range(2))
    for name in ("signal.npy", "recordings.json", "samples.json", "index.npy", "windows.json"):
        assert (one.out / name).read_bytes() == (two.out / name).read_bytes()


def test_seed_and_percentages(tmp_path: Path, run: Run) -> None:
    data = folder(tmp_path, {"normal": 40})
    spec: dict[str, Any] = {"split": {"training": 50, "calibration": 0, "test": 50}}
    assert set(run(data, spec).splits().values()) == {"training", "test"}
    assert run(data, seed=1).splits() != run(data, seed=2).splits()


def test_labels_are_split_by_themselves_and_nothing_need_be_normal(tmp_path: Path, run: Run) -> None:
    done = run(folder(tmp_path, {"idle": 6, "snake": 4, "wave": 9}), normal_only=False, by_label=True)
    samples, info = done.json("samples.json"), done.json("windows.json")
    for label in ("idle", "snake", "wave"):
        splits = {sample["split"] for sample in samples if sample["label"] == label}
        assert splits == {"training", "calibration", "test"}
    assert info["labels"] == ["idle", "snake", "wave"]


def test_one_long_recording_a_label_is_cut_along_time(tmp_path: Path, run: Run) -> None:
    for number, label in enumerate(("idle", "snake")):
        write_csv(tmp_path / "data" / label / "all.csv", noise(2000, seed=number))
    write_csv(tmp_path / "data" / "wave" / "short.csv", noise(100, seed=9))
    done = run(tmp_path / "data", normal_only=False, by_label=True)
    splits = {(s["label"], s["split"]) for s in done.json("samples.json")}
    assert splits == {
        *((label, split) for label in ("idle", "snake") for split in ("training", "calibration", "test")),
        ("wave", "training"),
    }
    assert done.index is not None
    assert any("only 1 idle recording(s): cut along time" in line for line in done.index.lines)


def test_abnormal_samples_train_what_learns_labels_and_normal_ones_must_be_known_beside_it(
    tmp_path: Path, run: Run
) -> None:
    data = folder(tmp_path, {"good": 6, "bad": 6})
    both = run(data, by_label=True)
    assert both.index is not None
    assert both.index.counts["training"]["abnormal"] > 0
    with pytest.raises(DataError, match="no label is known to be normal"):
        run(folder(tmp_path / "other", {"idle": 4, "snake": 4}), by_label=True)


def test_many_numbers_are_split_by_recordings_not_each_by_itself(tmp_path: Path, run: Run) -> None:
    done = run(
        folder(tmp_path, {f"{n / 2}": 1 for n in range(21)}, rows=400), normal_only=False, by_label=True
    )
    samples = done.json("samples.json")
    assert len(samples) == len({sample["name"] for sample in samples}) == 21
    assert {sample["split"] for sample in samples} == {"training", "calibration", "test"}
    assert not any("@" in sample["name"] for sample in samples)
    few = folder(tmp_path / "few", {f"{n / 2}": 1 for n in range(20)}, rows=400)
    done = run(few, normal_only=False, by_label=True)
    assert len(done.json("samples.json")) == 60  # classes: each is cut, to be in every split


def test_labels_that_are_numbers_are_sorted_by_size(tmp_path: Path, run: Run) -> None:
    done = run(folder(tmp_path, {"10": 3, "9": 3, "-1.5": 3}), normal_only=False, by_label=True)
    assert done.json("windows.json")["labels"] == ["-1.5", "9", "10"]

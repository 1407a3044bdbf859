"""What paths and label files say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgewright.data.layout import Segment, read_layout
from edgewright.errors import DataError


def facts(*files: str, labels_from: str | None = None) -> dict[str, tuple[str | None, str | None]]:
    layout = read_layout(files, {}, labels_from)
    return {file: (fact.label, fact.split) for file, fact in layout.facts.items()}


def labels(*files: str, labels_from: str | None = None) -> list[str | None]:
    return [label for label, _ in facts(*files, labels_from=labels_from).values()]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["idle/1.csv", "run/1.csv"], ["idle", "run"]),
        (["raw/idle/1.csv", "raw/run/1.csv"], ["idle", "run"]),
        (["train/idle/1.csv", "test/run/1.csv"], ["idle", "run"]),
        (["idle/train/1.csv", "run/test/1.csv"], ["idle", "run"]),
        (["subject1/idle/1.csv", "subject2/run/1.csv"], ["idle", "run"]),
        (
            ["subject1/idle.csv", "subject1/run.csv", "subject2/idle.csv", "subject2/run.csv"],
            ["idle", "run"] * 2,
        ),
        (["rig1/a.csv", "rig2/b.csv"], ["rig1", "rig2"]),
        (["idle/subject1/1.csv", "run/subject2/1.csv"], ["idle", "run"]),
        (["pump/id_00/normal/1.wav", "pump/id_02/abnormal/1.wav"], ["normal", "abnormal"]),
        (["normal/1.csv"], ["normal"]),
        (["idle/1.csv", "idle/2.csv"], ["idle", "idle"]),
        (["csv/ok_1.csv", "csv/ng_1.csv"], ["ok", "ng"]),
        (["a/1.csv", "b/1.csv", "loose.csv"], ["a", "b", None]),
        (["idle.1.csv", "run.2.csv"], ["idle", "run"]),
        (["idle_01.csv", "idle_02.csv", "run_01.csv"], ["idle", "idle", "run"]),
        (["normal.csv", "abnormal.csv"], ["normal", "abnormal"]),
        (["good (1).csv", "bad (1).csv"], ["good", "bad"]),
        (["rec01.csv", "rec02.csv", "rec03.csv"], [None, None, None]),
        (["monday.csv", "tuesday.csv"], [None, None]),
        (["train.csv", "test.csv"], [None, None]),
        (["s_00_normal_0001.wav", "s_00_anomaly_0002.wav"], ["normal", "anomaly"]),
    ],
)
def test_labels(files: list[str], expected: list[str | None]) -> None:
    assert labels(*files) == expected


@pytest.mark.parametrize(
    ("file", "split"),
    [
        ("training/a.csv", "training"), ("train/a.csv", "training"), ("testing/a.csv", "test"), ("Test/a.csv", "test"),
        ("validation/a.csv", "calibration"), ("val/a.csv", "calibration"), ("dev/a.csv", "calibration"),
        ("calibration/a.csv", "calibration"), ("pump/test/normal/a.csv", "test"), ("test.csv", "test"), ("other/a.csv", None),
    ],
)  # fmt: skip
def test_splits(file: str, split: str | None) -> None:
    assert facts(file)[file][1] == split


def test_numbered_folders_beside_the_label_are_groups() -> None:
    layout = read_layout(["id_00/normal/1.wav", "id_02/normal/1.wav"], {}, None)
    assert [fact.metadata["group"] for fact in layout.facts.values()] == ["id_00", "id_02"]
    assert any("groups taken from folders: id_00, id_02" in line for line in layout.lines)


def test_labels_from_can_be_forced() -> None:
    assert labels("a/idle.1.csv", "b/run.1.csv", labels_from="file-name") == ["idle", "run"]
    assert labels("a/1.csv", "b/1.csv", labels_from="none") == [None, None]
    with pytest.raises(DataError, match="allowed: folder, file-name, none"):
        labels("a/1.csv", labels_from="colour")


def write(tmp_path: Path, name: str, document: Any) -> dict[str, Path]:
    path = tmp_path / Path(name).name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return {name: path}


def test_info_labels(tmp_path: Path) -> None:
    document = {
        "version": 1,
        "files": [
            {"path": "training/a.json", "category": "training", "label": {"type": "label", "label": "idle"}, "metadata": {"site": "b"}},
            {"path": "testing/b.json", "category": "testing", "label": {"type": "unlabeled"}},
            {"path": "gone.json", "category": "testing", "label": {"type": "label", "label": "idle"}},
            {"path": "c.json", "category": "split", "label": {"type": "multi-label", "labels": [{"label": "x", "startIndex": 0, "endIndex": 9}]}},
        ],
    }  # fmt: skip
    files = ["training/a.json", "testing/b.json", "c.json"]
    layout = read_layout(files, write(tmp_path, "info.labels", document), None)
    a, b, c = (layout.facts[file] for file in files)
    assert (a.label, a.split, a.metadata) == ("idle", "training", {"site": "b"})
    assert (b.label, b.split) == (None, "test")
    assert c.segments == (Segment(0, 9, "x"),)
    assert layout.lines[-1] == "info.labels: describes 3 of 3 file(s)"


def test_label_file_in_a_subfolder(tmp_path: Path) -> None:
    document = {
        "version": 1,
        "files": [{"path": "a.json", "category": "testing", "label": {"type": "label", "label": "x"}}],
    }
    layout = read_layout(["testing/a.json"], write(tmp_path, "testing/info.labels", document), None)
    assert layout.facts["testing/a.json"].label == "x"


def test_structured_labels(tmp_path: Path) -> None:
    document = {
        "version": 1,
        "type": "structured-labels",
        "structuredLabels": {
            "a.json": [
                {"startIndex": 0, "endIndex": 4, "label": "x"},
                {"startIndex": 5, "endIndex": 8, "label": "y"},
            ]
        },
    }
    layout = read_layout(["a.json"], write(tmp_path, "structured_labels.labels", document), None)
    assert layout.facts["a.json"].segments == (Segment(0, 4, "x"), Segment(5, 8, "y"))


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        "{}",
        {"files": [{}]},
        {"files": 3},
        {"files": [{"path": "a.json", "label": {"type": "boxes"}}]},
        {"structuredLabels": {"a.json": [3]}},
    ],
)
def test_broken_label_files(tmp_path: Path, document: Any) -> None:
    with pytest.raises(DataError, match=r"info\.labels"):
        read_layout(["a.json"], write(tmp_path, "info.labels", document), None)

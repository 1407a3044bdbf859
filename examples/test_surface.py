"""Generated damage on real textures: the impulse as it is, and over the number of normal images."""

from __future__ import annotations

import csv
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.data.image_list import read_image_list
from edgewright.running import Options, run_impulse
from edgewright.store import Store

from .test_people_and_speech import fetched

MVTEC = Path(__file__).parents[1] / "benchmarks" / "mvtec.py"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetched("surface", tmp_path_factory.mktemp("surface"))


def test_a_plain_patchcore_finds_most_of_the_damage(project: Path, tmp_path: Path) -> None:
    finished = run_impulse(
        project / "impulse.yaml", options=Options(runner="process"), store=Store(tmp_path / "store")
    )
    found = finished.metrics("anomaly")["windows"]
    assert found["n"] == 64
    assert 0.95 <= found["auroc"] <= 0.995
    assert found["confusion"]["false_positive"] <= 4  # of 24, where 5 % are asked for
    selection = json.loads((finished.path / "outputs/anomaly/selection.json").read_text(encoding="utf-8"))
    assert selection["folds"] == 12  # fields of the photograph
    normal, anomalous = (
        [sample for sample in finished.samples if sample["normal"] is side] for side in (True, False)
    )
    assert (len(normal), len(anomalous)) == (88, 40)


def test_few_images_find_most_of_it_already(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, project / "evaluate.py", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["images"] == [1, 2, 4, 8, 16, 32, 64]
    assert min(told["auroc"]) > 0.85
    assert told["auroc"][-1] > 0.95
    assert told["new"] > told["same"]  # another piece of the same material


def test_the_benchmark_of_categories_runs_a_tree_as_mvtec_has_it(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, MVTEC, project / "data", "--category", "gravel", "--size", "64", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert (row["category"], row["training"], row["test"]) == ("gravel", 64, 64)
    assert min(row["auroc"], row["ap"], row["pixel_auroc"]) > 0.8
    assert 0.1 < row["aupro_0.05"] < row["aupro_0.3"] < 1


def test_the_benchmark_of_categories_follows_the_list_of_visa(tmp_path: Path) -> None:
    rows = [
        ("candle", "train", "normal", "candle/Data/Images/Normal/0.JPG", ""),
        ("candle", "test", "anomaly", "candle/Data/Images/Anomaly/0.JPG", "candle/Data/Masks/Anomaly/0.png"),
        ("pcb1", "train", "normal", "pcb1/Data/Images/Normal/0.JPG", ""),
    ]
    for path in (part for row in rows for part in row[3:] if part):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "split_csv").mkdir()
    with (tmp_path / "split_csv" / "1cls.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("object", "split", "label", "image", "mask"), *rows])
    found = runpy.run_path(str(MVTEC))["categories"](tmp_path)
    assert list(found) == ["candle", "pcb1"]
    (work := tmp_path / "work").mkdir()
    listed = read_image_list(found["candle"].data(work))
    assert [(one.facts.label, one.facts.split) for one in listed] == [
        ("normal", "training"),
        ("anomaly", "test"),
    ]
    assert [one.path for one in listed] == [tmp_path / row[3] for row in rows[:2]]
    assert [one.mask and one.mask[1] for one in listed] == [None, tmp_path / rows[1][4]]

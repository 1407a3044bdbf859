"""From unlabelled recordings to a classifier: explore, look at maps and clusters, label by them, import, train."""

from __future__ import annotations

import csv
import json
import re
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgewright.cli.app import run as command
from edgewright.errors import UsageError
from edgewright.labelling import label
from edgewright.report.exploration import anomaly_map, error_map, oddest, rebuilt
from edgewright.report.sounding import rebuilt_signal
from edgewright.running import Options, Run, run_impulse
from edgewright.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

RATE, LENGTH = 4000, 500
#: What a fan sounds like besides its hum, in Hz.
TONES = {"bearing": 1300, "belt": 700}

IMPULSE = """version: 1
name: fans
data: {path: data, split: none, options: {labels-from: none}}
input: {window: sample}
processing:
  - {id: spectrum, block: spectrum, params: {scale: magnitude, normalise: max}}
learning:
  - {id: pca, block: pca_reconstruction, input: [spectrum], params: {standardise: false, components: 2}}
  - {id: forest, block: isolation_forest, input: [spectrum]}
  - {id: groups, block: kmeans, input: [spectrum], params: {clusters: 3}}
thresholds:
  pca: {method: percentile, percentile: 75}
  forest: {method: percentile, percentile: 75}
  groups: {method: percentile, percentile: 75}
"""
CLASSIFIER = """version: 1
name: faults
data: {path: labelled}
input: {window: sample}
processing:
  - {id: spectrum, block: spectrum, params: {scale: magnitude, normalise: max}}
learning:
  - {id: fault, block: classifier, input: [spectrum], params: {algorithm: logistic-regression}}
"""


def kind_of(file: str) -> str:
    """What a recording is; only this test knows."""
    number = int(file.partition(".")[0].removeprefix("fan"))
    return {3: "bearing", 8: "belt"}.get(number % 12, "")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fans")
    (folder / "data").mkdir()
    for number in range(60):
        random, t = np.random.default_rng(number), np.arange(LENGTH) / RATE
        values = sum(random.uniform(0.6, 1) * np.sin(2 * np.pi * 96 * k * t) for k in (1, 2, 3))
        tone = TONES.get(kind_of(f"fan{number}."))
        if tone:
            values += random.uniform(0.2, 0.25) * np.sin(2 * np.pi * tone * t)
        values = 6000 * (values + 0.02 * random.standard_normal(LENGTH))
        with wave.open(str(folder / f"data/fan{number}.wav"), "wb") as file:
            file.setparams((1, 2, RATE, LENGTH, "NONE", ""))
            file.writeframes(values.astype("<i2").tobytes())
    return folder


def run_in(folder: Path, name: str, text: str) -> Run:
    (folder / name).write_text(text, encoding="utf-8")
    options = Options(runner="process", jobs=2)
    return run_impulse(folder / name, runs=folder / "runs", store=Store(folder / "store"), options=options)


@pytest.fixture(scope="module")
def explored(project: Path) -> Iterator[Run]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_STORE", str(project / "store"))
        yield run_in(project, "explore.yaml", IMPULSE)


def files(run: Run, rows: list[int]) -> list[str]:
    return [run.samples[run.index[row]["sample"]]["file"] for row in rows]


def test_all_odd_recordings_come_first_in_the_ranking(explored: Run) -> None:
    ranking = explored.ranking
    assert ranking is not None
    assert sorted(ranking["ranks"]) == ["forest", "groups", "pca"]
    odd = sum(1 for number in range(60) if kind_of(f"fan{number}."))
    found = [kind_of(file) for file in files(explored, ranking["windows"])]
    assert sum(map(bool, found[:odd])) >= odd - 1
    table = oddest(explored)
    assert table is not None
    assert table["tables"][0]["rows"][0][1] == files(explored, ranking["windows"])[0].removesuffix(".wav")


def test_maps_put_like_windows_together(explored: Run) -> None:
    errors, spectra = explored.errors("pca"), explored.map("spectrum")
    assert errors is not None
    assert spectra is not None
    assert [layout["name"] for layout in spectra["layouts"]] == ["PaCMAP", "PCA"]
    kinds = np.array([kind_of(file) for file in files(explored, errors["rows"])])
    places = np.array(errors["layouts"][0]["places"]).T
    distance = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(distance, np.inf)
    assert np.mean(kinds[distance.argmin(axis=1)] == kinds) > 0.9
    for code in range(max(errors["clusters"]) + 1):  # no cluster mixes
        assert len({kind for kind, own in zip(kinds, errors["clusters"], strict=True) if own == code}) == 1


def test_panels_show_maps_profiles_and_what_was_rebuilt(explored: Run) -> None:
    shown, clusters = anomaly_map(explored, "spectrum"), error_map(explored, "pca")
    assert shown is not None
    assert clusters is not None
    assert shown["measures"][shown["size"]]["name"] == "score of pca"
    assert shown["measures"][shown["colour"]]["name"] == "score of forest"
    assert len(clusters["plots"][0]["series"]) == 5
    with (explored.path / "outputs/pca/error-clusters/profiles.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["feature", *(f"cluster {number}" for number in range(1, 6))]
    profiles = np.array([row[1:] for row in rows[1:]], float)
    hertz = np.array([float(row[0].split()[1]) for row in rows[1:]])
    peaks = {int(round(peak, -2)) for peak in hertz[profiles.argmax(axis=0)]}
    assert set(TONES.values()) <= peaks
    drawn = rebuilt(explored, "pca")
    assert drawn is not None
    assert len(drawn["plots"]) == 20
    assert "Map of errors" in (explored.path / "report.html").read_text(encoding="utf-8")


def test_the_spectrum_as_it_was_gives_the_signal_as_it_was(explored: Run) -> None:
    row = 3
    features = np.asarray(explored.features("spectrum", "training").values[row])
    heard = rebuilt_signal(explored, "pca", row, features)
    assert heard is not None
    axis, original, again = heard
    assert axis == explored.windows_info["axes"][0]
    np.testing.assert_array_equal(original, explored.window(row)[:LENGTH, 0])
    np.testing.assert_allclose(again, original, atol=1e-3 * np.abs(original).max())


def test_clusters_become_labels_and_labels_a_classifier(
    explored: Run, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert command(["label", str(explored.path), "--from", "error-clusters", "-o", "labels.csv"]) == 0
    with (project / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    # What a person does: listen to some of each cluster, and call it what it is.
    meant = {row["label"]: kind_of(row["file"]) or "normal" for row in rows}
    with (project / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label"])
        writer.writerows([row["file"], meant[row["label"]]] for row in rows if row["file"] != "fan0.wav")
        writer.writerow(["fan0.wav", ""])
    capsys.readouterr()
    assert command(["data", "import", "data", "--labels", "labels.csv", "-o", "labelled", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["recordings"] == 59
    assert sorted(path.name for path in (project / "labelled").iterdir()) == ["bearing", "belt", "normal"]
    run = run_in(project, "faults.yaml", CLASSIFIER)
    assert run.description("fault")["classes"] == ["bearing", "belt", "normal"]
    assert run.metrics("fault")["windows"]["accuracy"] > 0.9


def test_scores_and_clusters_of_features_label_too(explored: Run) -> None:
    by_score = label(explored, "score", node="pca", top=7)
    assert [one.label for one in by_score] == ["anomaly"] * 7 + ["normal"] * 53
    decided = label(explored, "score", node="pca")
    assert sum(one.label == "anomaly" for one in decided) == 15
    assert len({one.label for one in label(explored, "kmeans")}) == 3
    with pytest.raises(UsageError, match="doesn't go with"):
        label(explored, "kmeans", top=3)
    with pytest.raises(UsageError, match="has no anomaly node 'fault'"):
        label(explored, "score", node="fault")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,label\na,b\n", "has no column 'file'"),
        ("file,label\nfan1.wav,a\nfan1.wav,b\n", "labels.csv:3: fan1.wav has the label 'a'"),
        ("file,label\nfan99.wav,a\n", "1 of 1 entries name no recording of .*: fan99.wav"),
        ("file,label\n,a\n", "names no file"),
        (b"\xff\xfe\x00", "can't be read"),
    ],
)
def test_lists_that_cant_be_taken_leave_nothing(
    project: Path, tmp_path: Path, text: str | bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    listed, out = tmp_path / "labels.csv", tmp_path / "out"
    listed.write_bytes(text if isinstance(text, bytes) else text.encode())
    arguments = ["data", "import", str(project / "data"), "--labels", str(listed), "-o", str(out)]
    assert command(arguments) != 0
    told = capsys.readouterr().err
    assert re.search(message, told), told
    assert not out.exists()

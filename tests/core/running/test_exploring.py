"""Exploration (`split: none`): everything is learned from and scored; a block may score it as if unseen."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgewright.cli.app import run as command
from edgewright.plugins import make_plugins
from edgewright.report.rebuilt import NamedSamples
from edgewright.running import Options, Run, run_impulse
from edgewright.running.rebuilding import rebuilt_samples
from edgewright.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RATE = 4000
ODD = (7, 19)

IMPULSE = """version: 1
name: hums
data: {path: data, split: none}
input: {window: sample}
processing:
  - {id: spectrum, block: spectrum, params: {scale: magnitude, normalise: max}}
learning:
  - {id: pca, block: pca_reconstruction, input: [spectrum], params: {standardise: false}}
  - {id: forest, block: isolation_forest, input: [spectrum]}
thresholds:
  pca: {method: percentile, percentile: 94}
  forest: {method: percentile, percentile: 90}
"""


def write_hum(path: Path, number: int) -> None:
    """A hum with harmonics of varying strength; the odd ones have a tone of their own."""
    random, t = np.random.default_rng(number), np.arange(1000) / RATE
    values = sum(random.uniform(0.5, 1) * np.sin(2 * np.pi * 120 * k * t) for k in (1, 2, 3))
    values = 3000 * values + 100 * random.standard_normal(len(t))
    if number in ODD:
        values += 1500 * np.sin(2 * np.pi * (1000 + 10 * number) * t)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, len(t), "NONE", ""))
        file.writeframes(values.astype("<i2").tobytes())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hums")
    for number in range(40):
        write_hum(folder / f"data/hum.{number}.wav", number)
    return folder


def run_in(folder: Path, text: str) -> Run:
    (folder / "impulse.yaml").write_text(text, encoding="utf-8")
    options = Options(runner="process", jobs=2)
    return run_impulse(
        folder / "impulse.yaml", runs=folder / "runs", store=Store(folder / "store"), options=options
    )


@pytest.fixture(scope="module")
def explored(project: Path) -> Iterator[Run]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_STORE", str(project / "store"))
        yield run_in(project, IMPULSE)


def numbers(run: Run) -> list[int]:
    """Number of the recording of each training window."""
    return [int(run.samples[sample]["name"].split(".")[1]) for sample in run.index["sample"]]


def test_windows_are_scored_as_if_unseen_where_the_block_can(explored: Run) -> None:
    scores, folder = explored.scores("pca", "training"), explored.path / "outputs" / "pca"
    np.testing.assert_array_equal(scores, np.load(folder / "train_scores.npy"))
    assignment = np.load(folder / "assignment.npy")
    assert sorted(set(assignment)) == [0, 1, 2, 3, 4]
    contributions = explored.contributions("pca", "training")
    assert contributions is not None
    np.testing.assert_allclose(contributions.values.sum(axis=1), scores, rtol=1e-4)
    order = [numbers(explored)[row] for row in np.argsort(-scores)]
    assert set(order[:2]) == set(ODD)
    worst = contributions.labels[int(contributions.values[scores.argmax()].argmax())]
    assert 1050 <= float(worst.split()[-2]) <= 1210
    np.testing.assert_array_equal(explored.held_out("pca"), scores)
    task = {task["id"] for task in explored.record["tasks"]}
    assert not [name for name in task if name.startswith("pca") and "fold" in name]


def test_a_block_without_such_scores_is_scored_in_sample(explored: Run) -> None:
    scores = explored.scores("forest", "training")
    np.testing.assert_array_equal(explored.held_out("forest"), scores)
    assert len(scores) == 40


def test_percentiles_decide_and_the_report_shows_it(explored: Run) -> None:
    for node, over in (("pca", 3), ("forest", 4)):
        decisions = explored.decisions(node)
        assert decisions["split"] == "training"
        assert sum(decisions["windows"]["anomalous"]) == over
        np.testing.assert_allclose(
            decisions["windows"]["score"], explored.scores(node, "training"), rtol=1e-6
        )
        assert explored.metrics(node)["windows"] is None
    assert "Variance that components explain" in (explored.path / "report.html").read_text(encoding="utf-8")


def test_any_recording_is_shown_beside_its_reconstruction(
    explored: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = next(sample for sample in explored.samples if sample["name"] == "hum.3")
    plugins, options = make_plugins(), Options(runner="process")
    before = (explored.path / "run.json").read_bytes()
    found = rebuilt_samples(explored, [plain["file"], "hum.7", "hum.3"], options, plugins)
    assert list(found) == ["pca"]
    assert [explored.samples[explored.index[row]["sample"]]["name"] for row, _ in found["pca"]] == [
        "hum.3", "hum.7",
    ]  # fmt: skip
    features = explored.features("spectrum", "training").values
    for row, plot in found["pca"]:
        original, rebuilt = (np.asarray(line["values"], np.float32) for line in plot["series"])
        np.testing.assert_array_equal(original, features[row])
        assert 0 < np.square(original - rebuilt).sum() < np.square(original).sum()
    plots = NamedSamples("pca", found["pca"]).build(explored)["plots"]
    assert [plot["title"] for plot in plots[:2]] == ["hum.3, from 0 s", "hum.3, from 0 s: signal"]
    page = tmp_path / "page.html"
    arguments = ["report", str(explored.path), "--runner", "process", "-o", str(page), "--sample"]
    assert command([*arguments, "hum.3"]) == 0
    assert "Recordings asked for" in page.read_text(encoding="utf-8")
    capsys.readouterr()
    assert command([*arguments, "hum.99"]) == 2
    assert "has no recording 'hum.99'" in (told := capsys.readouterr().err)
    assert "called hum.9" in told.replace("\n", " ")
    assert (explored.path / "run.json").read_bytes() == before


def test_with_normal_recordings_the_fit_alone_gives_the_threshold(project: Path, explored: Run) -> None:
    labelled = project / "labelled"
    for number in range(30):
        write_hum(labelled / f"data/{'odd' if number in ODD else 'normal'}/hum.{number}.wav", number)
    text = IMPULSE.replace(", split: none", "").partition("  - {id: forest")[0]
    run = run_in(labelled, text)
    tasks = [task["id"] for task in run.record["tasks"] if task["node"] == "pca"]
    assert not [name for name in tasks if "fold" in name]
    held, normal = run.held_out("pca"), run.rows("training")[1] - run.rows("training")[0]
    assert held is not None
    assert len(held) == normal
    assert np.median(held) > np.median(run.scores("pca", "training"))
    metrics = run.metrics("pca")["recordings"]
    assert metrics["recall"] == 1

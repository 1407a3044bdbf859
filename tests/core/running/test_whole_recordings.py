"""Windows that are whole recordings (`window: sample`): audio clips of unequal lengths, from file to score."""

from __future__ import annotations

import json
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgewright.errors import UsageError
from edgewright.running import Options, Run, run_impulse
from edgewright.running.fresh import score, scored
from edgewright.running.stream import follow
from edgewright.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROCESS = Options(runner="process", jobs=2, verify=True)
RATE = 8000

IMPULSE = """version: 1
name: clicks
data: {path: data, normal: [tone], abnormal: rest}
input: {window: sample}
processing:
  - {id: spectrum, block: spectrum, params: {scale: magnitude, normalise: max}}
learning:
  - {id: anomaly, block: kmeans, input: [spectrum], params: {clusters: 1}}
"""


def write_tone(path: Path, hertz: float, seconds: float, seed: int) -> int:
    random, t = np.random.default_rng(seed), np.arange(round(seconds * RATE)) / RATE
    values = 6000 * np.sin(2 * np.pi * hertz * t) + 30 * random.standard_normal(len(t))
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, len(t), "NONE", ""))
        file.writeframes(values.astype("<i2").tobytes())
    return len(t)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for number in range(8):
        write_tone(folder / f"data/tone/{number}.wav", 400 + 5 * number, 0.1 + 0.01 * number, number)
    for number in range(2):
        write_tone(folder / f"data/other/{number}.wav", 1500, 0.15, 100 + number)
    return folder


def run_in(folder: Path, text: str) -> Run:
    (folder / "impulse.yaml").write_text(text, encoding="utf-8")
    return run_impulse(
        folder / "impulse.yaml", runs=folder / "runs", store=Store(folder / "store"), options=PROCESS
    )


@pytest.fixture(scope="module")
def run(project: Path) -> Iterator[Run]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_STORE", str(project / "store"))
        yield run_in(project, IMPULSE)


def test_each_recording_is_one_window_as_long_as_the_longest(run: Run) -> None:
    assert run.windows_info["length"] == run.windows_info["stride"] == round(0.17 * RATE)
    assert len(run.index) == len(run.samples) == 10
    for row in run.index:
        sample = run.samples[row["sample"]]
        assert (row["start"], row["valid"]) == (sample["offset"], sample["length"])
    shortest = int(np.argmin(run.index["valid"]))
    window = run.window(shortest)
    assert window.shape == (1360, 1)
    assert window[:800].any()
    assert not window[800:].any()
    assert "each recording is one window of 0.17 s (1360 values;" in (run.path / "events.jsonl").read_text()


def test_features_are_those_of_the_recording_followed_by_zeros(run: Run) -> None:
    first, last = run.windows_info["splits"]["test"]
    features = np.load(run.path / "outputs/spectrum/features-test-0.npy")
    for row, values in zip(run.index[first:last], features, strict=True):
        signal = run.signal[row["start"] : row["start"] + row["valid"], 0].astype(float)
        magnitude = np.abs(np.fft.rfft(signal, 2048))
        np.testing.assert_allclose(values, magnitude / magnitude.max(), atol=1e-5)


def test_the_report_shows_what_the_block_does_with_one_of_them(run: Run) -> None:
    drawn = run.plots("spectrum")
    assert [plot["title"] for plot in drawn] == ["Spectrum"]
    assert len(drawn[0]["x"]["values"]) == 1025
    report = (run.path / "report.html").read_text(encoding="utf-8")
    assert r"One window \u00b7 spectrum" in report
    assert "What the block draws of one training window: tone" in report


def test_a_new_recording_is_brought_to_the_length_of_the_run(run: Run, tmp_path: Path) -> None:
    long, short = tmp_path / "new" / "long.wav", tmp_path / "new" / "short.wav"
    assert write_tone(long, 400, 0.5, 1) > 1360
    write_tone(short, 1500, 0.05, 2)
    found = {window["sample"]: window for window in score(run, [tmp_path / "new"], options=PROCESS)}
    assert list(found) == ["long", "short"]
    assert found["short"]["nodes"]["anomaly"]["anomalous"]
    with scored(run, tmp_path / "new", options=PROCESS) as fresh:
        assert fresh.index["valid"].tolist() == [1360, 400]


def test_a_stream_has_no_whole_recordings(run: Run) -> None:
    with pytest.raises(UsageError, match="each window of this run is a whole recording"):
        next(follow(run, iter(["1"])))


@pytest.mark.slow
def test_a_longest_length_cuts_and_pads_and_a_package_has_that_length(project: Path) -> None:
    text = IMPULSE.replace("sample}", "sample, max-length-ms: 150}") + "deployment:\n  - {block: cpp}\n"
    run = run_in(project, text)
    assert run.windows_info["length"] == 1200
    assert set(run.index["valid"]) == {800, 880, 960, 1040, 1120, 1200}
    warnings = run.record["warnings"]
    assert any(
        "2 recording(s) are longer than 0.15 s" in warning and "tone/7" in warning for warning in warnings
    )
    verified = json.loads((run.path / "outputs/cpp/verification.json").read_text(encoding="utf-8"))
    assert verified["ok"], verified
    deployed = json.loads((run.path / "outputs/assemble/impulse/deployment.json").read_text(encoding="utf-8"))
    assert (deployed["window"]["length"], deployed["window"]["whole"]) == (1200, True)

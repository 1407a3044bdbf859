"""The block without our SDK: checked, run in an impulse and deployed, as a process and in a container."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.running import Options, Run, run_impulse
from edgewright.store import Store

EXAMPLE = Path(__file__).parent / "other_language"
AXES = ("accX", "accY", "accZ", "gyrX", "gyrY", "gyrZ")
#: Cycles of each label in a recording of 10 s.
CYCLES = {"standing": 2, "walking": 5, "running": 30, "badminton": 40}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example beside recordings of the motion example's shape (those themselves need the network)."""
    project = tmp_path_factory.mktemp("other") / "other_language"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("runs", "data", "build"))
    time = np.arange(100) / 100
    for number, (label, cycles) in enumerate(CYCLES.items()):
        folder = project / "data" / label
        folder.mkdir(parents=True)
        for recording in range(4):
            random = np.random.default_rng([number, recording])
            phases = random.uniform(0, 6, len(AXES))
            values = np.sin(2 * np.pi * cycles * time[:, None] + phases) + 0.02 * random.standard_normal(
                (100, 6)
            )
            rows = [f"{100 * t}," + ",".join(f"{v:.6f}" for v in row) for t, row in enumerate(values)]
            (folder / f"{recording}.csv").write_text(
                "\n".join([",".join(("timestamp", *AXES)), *rows]) + "\n"
            )
    return project


@pytest.fixture(scope="module")
def built(project: Path) -> Path:
    """The block as a program of this machine."""
    compiler = next((name for name in ("c++", "g++", "clang++") if shutil.which(name)), None)
    if compiler is None or shutil.which("make") is None:
        pytest.skip("needs make and a C++ compiler")
    subprocess.run(
        ["make", "-C", str(project / "crossings"), f"CXX={compiler}"], check=True, capture_output=True
    )
    return project


def run(project: Path, runner: str) -> Run:
    return run_impulse(
        project / "impulse.yaml",
        out=project / f"run-{runner}",
        options=Options(runner=runner, trust=runner == "process"),
        store=Store(project / f"store-{runner}"),
    )


@pytest.fixture(scope="module")
def by_process(built: Path) -> Run:
    return run(built, "process")


def test_it_has_no_line_of_ours_in_it() -> None:
    for path in (EXAMPLE / "crossings").glob("*.*"):
        assert "edgewright_sdk" not in path.read_text(encoding="utf-8"), path
        assert path.suffix != ".py"


def test_it_learns_and_deploys(by_process: Run) -> None:
    assert by_process.features("crossings", "test").labels[:2] == ("accX Crossings", "accX Swing")
    assert by_process.metrics("anomaly")["windows"]["auroc"] > 0.95
    package = by_process.path / "outputs" / "cpp" / "package"
    assert list(package.rglob("kernel.h")), "its device code went into the package"


def test_its_features_are_what_numpy_says(by_process: Run) -> None:
    features = by_process.features("crossings", "test").values
    index = by_process.index
    first, last = by_process.windows_info["splits"]["test"]
    window, rate = 20, 10 / 19
    for row, entry in enumerate(index[first:last]):
        signal = by_process.signal[int(entry["start"]) : int(entry["start"]) + window, :3].astype(np.float64)
        away = signal - signal.mean(axis=0)
        for axis in range(3):
            sides = np.sign(np.where(np.abs(away[:, axis]) > 0.05, away[:, axis], 0))
            sides = sides[sides != 0]
            crossings = float((sides[1:] != sides[:-1]).sum()) * rate
            swing = float(signal[:, axis].max() - signal[:, axis].min())
            np.testing.assert_allclose(features[row, 2 * axis : 2 * axis + 2], [crossings, swing], rtol=1e-5)


def test_it_keeps_the_promises_of_a_block(built: Path) -> None:
    from edgewright.conformance import Bench, checks_for, judge
    from edgewright.plugins import make_plugins
    from edgewright.registry import resolve

    plugins = make_plugins()
    with Bench(resolve("./crossings", built, plugins), plugins, docker=False) as bench:
        verdicts = [judge(check, bench) for check in checks_for("processing")]
    assert [(v.name, v.message) for v in verdicts if v.status == "failed"] == []
    assert {"device", "not-finite"} <= {v.name for v in verdicts if v.status == "passed"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window": {"kind": "time-series", "length": 1, "axes": ["x"], "frequency": 10.0}}, "two at least"),
        ({"operation": "plot"}, "no operation"),
        ({"contract": 2}, "contract 1"),
    ],
)
def test_it_says_what_is_wrong(built: Path, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    request = {
        "contract": 1, "operation": "describe", "params": {"scale-axes": 1.0, "hysteresis": 0.0}, "seed": 0, "threads": 1,
        "window": {"kind": "time-series", "length": 20, "axes": ["x"], "frequency": 10.0}, "inputs": {}, **change,
    }  # fmt: skip
    (tmp_path / "out").mkdir()
    (tmp_path / "request.json").write_text(json.dumps(request))
    program = built / "crossings" / "build" / "crossings"
    done = subprocess.run(
        [program, "--in", tmp_path, "--out", tmp_path / "out"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert message in json.loads(done.stdout)["text"]
    assert list((tmp_path / "out").iterdir()) == []


def test_names_of_axes_survive(built: Path, tmp_path: Path) -> None:
    axes = ["a b", 'say "hi"\\', "Größe µ", "\U0001f600", "tab\there"]
    request = {
        "contract": 1, "operation": "describe", "params": {"scale-axes": 1.0, "hysteresis": 0.0}, "seed": 0, "threads": 1,
        "window": {"kind": "time-series", "length": 20, "axes": axes, "frequency": 10.0}, "inputs": {},
    }  # fmt: skip
    (tmp_path / "out").mkdir()
    program = built / "crossings" / "build" / "crossings"
    for ascii_only in (True, False):
        (tmp_path / "request.json").write_text(json.dumps(request, ensure_ascii=ascii_only), encoding="utf-8")
        subprocess.run(
            [program, "--in", tmp_path, "--out", tmp_path / "out"], check=True, capture_output=True
        )
        labels = json.loads((tmp_path / "out" / "description.json").read_text(encoding="utf-8"))["labels"]
        assert labels[::2] == [f"{axis} Crossings" for axis in axes]


@pytest.mark.docker
@pytest.mark.usefixtures("engine")
def test_in_its_own_container_it_computes_the_same(project: Path, by_process: Run) -> None:
    contained = run(project, "docker")
    lock = next(block for block in contained.lock["blocks"].values() if block["name"] == "crossings")
    assert lock["runner"] == "docker"
    assert [line.partition("==")[0] for line in lock["environment"]] == ["image"]
    for split in ("training", "test"):
        one, other = (finished.features("crossings", split).values for finished in (contained, by_process))
        np.testing.assert_array_equal(one, other)

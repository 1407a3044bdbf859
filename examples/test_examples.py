"""Every example runs as its README says."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from edgewright.running import Options, Run, deploy, run_impulse
from edgewright.store import Store

EXAMPLES = Path(__file__).parent
AXES = ("accX", "accY", "accZ", "gyrX", "gyrY", "gyrZ")


@pytest.fixture
def custom_block(tmp_path: Path) -> Path:
    return with_recordings("custom_block", tmp_path)


@pytest.fixture
def device_code(tmp_path: Path) -> Path:
    return with_recordings("device_code", tmp_path)


@pytest.fixture
def custom_deployment(tmp_path: Path) -> Path:
    return with_recordings("custom_deployment", tmp_path)


def with_recordings(example: str, folder: Path) -> Path:
    """An example beside recordings of the motion example's shape (those themselves need the network)."""
    project = folder / example
    shutil.copytree(EXAMPLES / example, project, ignore=shutil.ignore_patterns("runs", "data"))
    for number, (label, size) in enumerate(
        {"standing": 0.1, "walking": 1.0, "running": 5.0, "badminton": 4.0}.items()
    ):
        folder = project / "data" / label
        folder.mkdir(parents=True)
        for recording in range(4):
            random = np.random.default_rng([number, recording])
            values = size * random.standard_normal((100, len(AXES)))
            rows = [f"{100 * t}," + ",".join(f"{v:.6f}" for v in row) for t, row in enumerate(values)]
            (folder / f"{recording}.csv").write_text(
                "\n".join([",".join(("timestamp", *AXES)), *rows]) + "\n"
            )
    return project


def run(project: Path, runner: str, **options: bool) -> Run:
    return run_impulse(
        project / "impulse.yaml",
        runs=project / "runs",
        options=Options(runner=runner, trust=runner == "process", **options),
        store=Store(project / f"store-{runner}"),
    )


def verification(finished: Run, target: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(
        (finished.path / "outputs" / target / "verification.json").read_text()
    )
    return document


def test_custom_block_learns_and_deploys(custom_block: Path) -> None:
    finished = run(custom_block, "process", verify=True)
    assert finished.metrics("anomaly")["windows"]["auroc"] > 0.95
    assert finished.features("jerk", "test").labels[:2] == ("accX Jerk", "accX Largest Jerk")
    found = verification(finished, "cpp")
    assert found["ok"] is True
    assert found["decisions_differ"] == []


def test_blocks_with_tables_state_and_a_model_deploy(device_code: Path) -> None:
    finished = run(device_code, "process", verify=True)
    assert finished.metrics("anomaly")["windows"]["auroc"] > 0.9
    level = json.loads((finished.path / "outputs" / "level" / "export" / "export.json").read_text())
    assert level["state_bytes"] > 0  # the stride is a whole slice, so streams keep what they computed
    found = verification(finished, "cpp")  # streams each self-test window through as well
    assert found["ok"] is True
    assert found["decisions_differ"] == []


def test_tables_in_csv_are_enough_to_compute_the_scores(
    custom_deployment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(custom_deployment / "store-process"))
    finished = run(custom_deployment, "process", verify=True)
    assert verification(finished, "csv_tables")["ok"] is True
    out = tmp_path / "tables"
    target = str(custom_deployment / "csv_tables")
    options = Options(runner="process", trust=True, verify=True)
    deploy(finished, target, out, params={"separator": "semicolon"}, options=options)
    text = {path.name: path.read_text().replace(",", ".").splitlines() for path in out.glob("anomaly.*.csv")}
    tables = {name.split(".")[1]: np.loadtxt(lines, delimiter=";", ndmin=2) for name, lines in text.items()}
    features = finished.features("statistics", "test").values
    selected = tables["selected"].astype(int).ravel()
    points = (features[:, selected] - tables["mean"]) / tables["scale"]
    distances = np.linalg.norm(points[:, None] - tables["centroids"][None], axis=2)
    expected = (distances - tables["radii"]).min(axis=1)
    np.testing.assert_allclose(expected, finished.scores("anomaly", "test"), rtol=1e-4, atol=1e-4)
    declared = (out / "model.st").read_text()
    assert "anomaly_centroids : ARRAY[0..5, 0.." in declared
    assert "anomaly_threshold : REAL := " in declared


@pytest.mark.docker
@pytest.mark.usefixtures("engine")
def test_a_deployment_block_of_edge_impulse_s_contract_packs_the_library(
    custom_deployment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(custom_deployment / "store-process"))
    finished = run(custom_deployment, "process")
    options = Options(runner="auto", trust=True)
    deploy(
        finished,
        str(custom_deployment / "zip_with_notice"),
        tmp_path / "out",
        params={"contact": "me"},
        options=options,
    )
    with zipfile.ZipFile(tmp_path / "out" / "deploy.zip") as archive:
        assert (
            archive.read("NOTICE.txt")
            .decode()
            .startswith("sudden for gearbox\nLearning blocks: anomaly\nQuestions: me")
        )
        assert "edge-impulse-sdk/classifier/ei_run_classifier.h" in archive.namelist()


@pytest.mark.docker
@pytest.mark.usefixtures("engine")
def test_custom_block_in_its_own_container_gives_the_same_bytes(custom_block: Path) -> None:
    contained, plain = run(custom_block, "docker", verify=True), run(custom_block, "process")
    jerk = next(block for block in contained.lock["blocks"].values() if block["name"] == "jerk")
    assert jerk["runner"] == "docker"
    assert jerk["image"].startswith("sha256:")
    assert verification(contained, "cpp")["ok"] is True
    assert contained.lock["build_id"] == plain.lock["build_id"]
    for task, entry in plain.lock["tasks"].items():
        assert contained.lock["tasks"][task]["outputs"] == entry["outputs"], task


@pytest.mark.slow
def test_the_demo_holds_its_target_and_its_libraries_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from edgewright.cli.app import application

    monkeypatch.setenv("EDGEWRIGHT_STORE", str(tmp_path / "store"))
    done = CliRunner().invoke(
        application, ["demo", "-o", str(tmp_path / "demo"), "--runner", "process", "--no-open"]
    )
    assert done.exit_code == 0, done.output
    finished = Run(tmp_path / "demo" / "runs" / "latest")
    windows = finished.metrics("anomaly")["windows"]
    assert windows["auroc"] > 0.99
    assert windows["fpr"] <= 0.03
    for target in ("cpp", "wasm"):
        assert verification(finished, target)["ok"] is True

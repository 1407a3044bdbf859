"""Learning blocks give the same bytes in containers as in processes of an equal environment."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from edgewright.running import Options, Run, run_impulse
from edgewright.store import Store

# The first run of a change in SDK or blocks builds the images.
pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("engine"), pytest.mark.timeout(900)]

JERK = Path(__file__).parents[2] / "examples" / "custom_block" / "jerk"
HEAD = """version: 1
name: same
data: {path: data, normal: [idle, running], abnormal: rest}
input: {kind: time-series, frequency: 50, window_ms: 400, stride_ms: 200, axes: [accX, accY]}
processing:
  - {id: flat, block: flatten}
learning:
"""
#: The others are compared one by one, by the check `container` of every built-in block.
CLASSICAL = """\
  - {id: clusters, block: kmeans, input: [flat], params: {clusters: 3, features: suggested}}
  - {id: subspace, block: pca_reconstruction, input: [flat]}
  - {id: words, block: classifier, input: [flat]}
"""
TORCH = """\
  - {id: net, block: neural_network, input: [flat], params: {epochs: 3}}
"""


def run(folder: Path, runner: str, store: str) -> Run:
    return run_impulse(
        folder / "impulse.yaml",
        runs=folder / "runs",
        options=Options(runner=runner, trust=runner == "process", jobs=2),
        store=Store(folder / store),
    )


def outputs(of: Run) -> dict[str, Any]:
    return {task: entry["outputs"] for task, entry in of.lock["tasks"].items()}


@pytest.fixture
def project(tmp_path: Path, recordings: Path) -> Path:
    (tmp_path / "data").symlink_to(recordings)
    return tmp_path


def test_classical_blocks_in_containers_and_in_processes(project: Path) -> None:
    (project / "impulse.yaml").write_text(HEAD + CLASSICAL)
    contained, plain = run(project, "docker", "a"), run(project, "process", "b")
    blocks = {task["runner"] for task in contained.record["tasks"] if task["operation"] in ("fit", "score")}
    assert blocks == {"docker"}
    assert {"clusters/fit", "subspace/fit", "words/fit"} <= outputs(plain).keys()
    assert outputs(contained) == outputs(plain)
    assert contained.lock["build_id"] == plain.lock["build_id"]


def test_a_torch_block_in_its_image_and_in_a_process(project: Path) -> None:
    (project / "impulse.yaml").write_text(HEAD + TORCH)
    contained, plain = run(project, "docker", "a"), run(project, "process", "b")
    assert outputs(contained) == outputs(plain)


@pytest.mark.bwrap
def test_a_strangers_block_in_a_container_and_over_its_unpacked_image(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(JERK, tmp_path / "jerk")
    head = HEAD.replace("block: flatten", "block: ./jerk")
    (project / "impulse.yaml").write_text(head + "  - {id: clusters, block: kmeans, input: [flat]}\n")
    contained = run(project, "docker", "a")
    with monkeypatch.context() as here:
        here.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        unpacked = run(project, "bwrap", "b")
        assert outputs(unpacked) == outputs(contained)
        # Where no engine answers, what was unpacked once still serves.
        here.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        offline = run(project, "bwrap", "c")
    assert outputs(offline) == outputs(contained)
    assert {task["runner"] for task in offline.record["tasks"] if "/" in task["id"]} >= {"bwrap"}

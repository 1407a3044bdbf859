"""Edge Impulse's deployment blocks, unchanged, at the end of an impulse."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import TaskError
from edgewright.running import Options, Run, deploy, run_impulse
from edgewright.store import Store

pytestmark = pytest.mark.docker

BLOCK = Path(__file__).parent / "legacy" / "pack_library"


@pytest.fixture(scope="module")
def trained(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A small impulse whose only target is the foreign block; our own blocks run as processes."""
    folder = tmp_path_factory.mktemp("impulse")
    random = np.random.default_rng(1)
    for label, level in (("normal", 1.0), ("odd", 5.0)):
        (folder / "data" / label).mkdir(parents=True)
        for number in range(12):
            values = level * random.standard_normal((100, 2))
            table = np.column_stack([np.arange(100) * 20, values])
            path = folder / "data" / label / f"{number}.csv"
            np.savetxt(path, table, delimiter=",", header="timestamp,accX,accY", comments="", fmt="%.6g")
    (folder / "impulse.yaml").write_text(
        "version: 1\nname: pump\ndata: {path: data, normal: [normal], abnormal: [odd]}\n"
        "input: {kind: time-series, frequency: 50, window_ms: 1000, stride_ms: 500}\n"
        "processing: [{id: flat, block: flatten}]\n"
        "learning: [{id: anomaly, block: kmeans, input: [flat], params: {clusters: 2}}]\n"
        f"deployment: [{{block: {BLOCK}}}]\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_STORE", str(folder / "store"))
        return run_impulse(folder / "impulse.yaml", out=folder / "run", options=Options(verify=True))


@pytest.fixture(autouse=True)
def same_store(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(trained.path.parent / "store"))


def test_it_packs_the_library_under_their_names(trained: Run) -> None:
    with zipfile.ZipFile(trained.path / "outputs" / "pack_library" / "package" / "deploy.zip") as archive:
        names = archive.namelist()
        assert archive.read("note.txt").decode() == "as it is: pump, 1 models"
    assert "edge-impulse-sdk/classifier/ei_run_classifier.h" in names
    assert "model-parameters/model_metadata.h" in names
    assert "tflite-model/pump.cpp" in names
    tasks = {task["id"]: task for task in trained.record["tasks"]}
    assert tasks["pack_library/build"]["runner"] == "docker"
    assert tasks["edge-impulse-library/build"]["status"] == "ran"
    assert "pack_library/verify" not in tasks


def test_deploying_again_finds_the_library_in_the_store(trained: Run, tmp_path: Path) -> None:
    deploy(trained, str(BLOCK), tmp_path / "out")
    assert zipfile.is_zipfile(tmp_path / "out" / "deploy.zip")
    tasks = {task["id"]: task for task in Run(trained.path).record["tasks"]}
    assert tasks["edge-impulse-library/build"]["status"] == "hit"


@pytest.mark.parametrize(
    ("how", "reason", "said"),
    [("quietly", "bad_output", "no deploy.zip"), ("badly", "block_error", "exit code 1")],
)
def test_a_build_that_fails(trained: Run, tmp_path: Path, how: str, reason: str, said: str) -> None:
    with pytest.raises(TaskError, match=said) as caught:
        deploy(trained, str(BLOCK), tmp_path / "out", params={"fail": how})
    assert caught.value.reason == reason
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())
    assert Store().fsck() is not None

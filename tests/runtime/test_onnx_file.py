"""Impulses as one ONNX file: names, batches, thresholds and p-values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from deployment_folder import block_folder, params_of, recordings, write_deployment

from edgewright_sdk.codegen.selftest import p_value
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def block() -> Any:
    loaded = load_block(block_folder("onnx"))
    yield loaded.new()
    loaded.close()


def packaged(block: Any, deployment: Path, out: Path) -> tuple[dict[str, Any], Any]:
    """Build and verify; gives what was found, and the file opened."""
    out.mkdir()
    params = params_of("onnx", {})
    block.build(TrainedImpulse.load(deployment), params, out)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    (file,) = out.glob("*.onnx")
    return block.verify(out, params), onnxruntime.InferenceSession(
        file, options, providers=["CPUExecutionProvider"]
    )


def outputs_of(session: Any, windows: np.ndarray) -> dict[str, np.ndarray]:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"input": windows}), strict=True))


def test_one_node_has_plain_names_and_python_s_numbers(block: Any, deployment: Path, tmp_path: Path) -> None:
    found, session = packaged(block, deployment, tmp_path / "package")
    assert found["ok"], found
    assert found["nodes"]["anomaly"]["largest_difference"] < 1e-3
    assert not found["decisions_differ"]
    windows = recordings(20, 125, 3, seed=9)
    windows[10:] *= 1.5
    together = outputs_of(session, windows)
    assert list(together) == ["score", "contributions", "p", "decision"]
    for number, window in enumerate(windows):
        for name, values in outputs_of(session, window[None]).items():
            np.testing.assert_allclose(values[0], together[name][number], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(together["contributions"].sum(axis=1), together["score"], rtol=1e-4, atol=1e-4)
    about = json.loads(session.get_modelmeta().custom_metadata_map["edgewright"])
    (node,) = about["outputs"]
    np.testing.assert_array_equal(together["decision"], together["score"] > np.float32(node["threshold"]))
    assert 0 < together["decision"].sum() < 20
    stored = json.loads((deployment / "deployment.json").read_text())["nodes"][-1]["quantiles"]
    values, counts = np.float32(stored["values"]), np.array(stored["counts"])
    expected = [p_value(stored["n"], values, counts, score) for score in together["score"]]
    np.testing.assert_allclose(together["p"], expected, rtol=1e-6)
    assert about["build_id"] == found["build_id"]
    assert len(node["contributions"]) == together["contributions"].shape[1]


def test_several_nodes_are_told_apart(block: Any, tmp_path: Path) -> None:
    deployment = write_deployment(
        tmp_path / "impulse",
        processing=[{"id": "raw data", "block": "raw", "axes": [1]}, {"id": "flat", "block": "flatten"}],
        learning=[
            {"id": "near", "block": "kmeans", "inputs": ["flat"]},
            {"id": "likely", "block": "gmm", "inputs": ["flat"], "params": {"components": 2}},
            {"id": "both", "block": "pca_reconstruction", "inputs": ["flat", "raw data"]},
        ],
    )
    document = json.loads((deployment / "deployment.json").read_text())
    del document["nodes"][-1]["quantiles"]
    document["nodes"][-1]["threshold"]["value"] = None  # nothing is anomalous until one is set
    (deployment / "deployment.json").write_text(json.dumps(document))
    found, session = packaged(block, deployment, tmp_path / "package")
    assert {name: node["beyond_tolerance"] for name, node in found["nodes"].items()} == {
        "near": 0,
        "likely": 0,
        "both": 0,
    }
    made = outputs_of(session, recordings(3, 125, 3) * 50)
    assert {name.partition(".")[0] for name in made} == {"near", "likely", "both", "decision"}
    assert made["decision"].all()
    assert made["near.decision"].all()
    assert made["likely.decision"].all()
    assert not made["both.decision"].any()
    assert (made["both.p"] == -1).all()


def test_the_same_impulse_gives_the_same_bytes(block: Any, deployment: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        packaged(block, deployment, tmp_path / name)
    first, second = (next((tmp_path / name).glob("*.onnx")).read_bytes() for name in ("one", "two"))
    assert first == second

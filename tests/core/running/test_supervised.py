"""The supervised blocks in whole runs: metrics, an anomaly block beside them, packages that prove themselves, a network brought."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.errors import EdgewrightError
from edgewright.report.panels import panels
from edgewright.running import Options, Run, deploy, run_impulse
from edgewright.running.examining import precision_of
from edgewright.running.fresh import score
from edgewright_blocks.learning.bring_your_own.tests.networks import write_network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROCESS = Options(runner="process", jobs=2, verify=True)

#: Columns of flatten that are the RMS of an axis.
RMS = [3, 10]

HEAD = """version: 1
name: machine
data: {path: data, normal: [idle, running], abnormal: rest}
input: {kind: time-series, frequency: 50, window_ms: 400, stride_ms: 200, axes: [accX, accY]}
processing:
  - {id: flat, block: flatten}
learning:
"""

CLASSES = """\
  - {id: classes, block: classifier, input: [flat], params: {algorithm: svm, features: [accX RMS, accY RMS, accX Maximum]}}
  - {id: anomaly, block: kmeans, input: [flat], params: {clusters: 3}}
deployment:
  - {block: cpp}
"""

NUMBERS = """\
  - {id: load, block: regressor, input: [flat], params: {algorithm: random-forest, trees: 20}}
"""

BROUGHT = """\
  - id: brought
    block: bring_your_own
    input: [flat]
    params: {kind: %s}
    grants: {mounts: {network: networks}}
"""


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One store for all: what runs share is computed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_STORE", str(tmp_path_factory.mktemp("store")))
        yield


def run(folder: Path, text: str, options: Options = PROCESS) -> Run:
    (folder / "impulse.yaml").write_text(text)
    return run_impulse(folder / "impulse.yaml", runs=folder / "runs", options=options)


def network(path: Path, outputs: list[list[float]]) -> None:
    """A network over the features of flatten: a weighted sum of the two RMS each."""
    weights = np.zeros((14, len(outputs)))
    weights[RMS] = np.transpose(outputs)
    write_network(path, weights)


@pytest.fixture(scope="module")
def classified(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("classified")
    (folder / "data").symlink_to(recordings)
    return run(folder, HEAD + CLASSES)


@pytest.mark.slow
def test_a_classifier_and_an_anomaly_block_run_score_and_prove_their_package(
    classified: Run, recordings: Path
) -> None:
    assert classified.description("classes")["classes"] == ["broken", "idle", "running"]
    assert classified.metrics("classes")["windows"]["accuracy"] > 0.9
    assert classified.metrics("anomaly")["windows"]["auroc"] > 0.95
    assert classified.metrics("decision")["windows"]["accuracy"] > 0.9
    told = next(iter(score(classified, [recordings / "broken" / "1.csv"], options=PROCESS)))
    assert told["nodes"]["classes"]["class"] == "broken"
    assert told["nodes"]["anomaly"]["anomalous"]
    found = json.loads((classified.path / "outputs" / "cpp" / "verification.json").read_text())
    assert found["ok"], found
    assert found["nodes"]["classes"]["output"] == "probabilities"
    assert found["nodes"]["classes"]["largest_difference"] < 1e-5


@pytest.mark.slow
def test_the_same_impulse_proves_itself_as_wasm(classified: Run, tmp_path: Path) -> None:
    found = deploy(classified, "wasm", tmp_path / "package", options=PROCESS)
    assert found is not None
    assert found["ok"], found
    assert found["nodes"]["classes"]["largest_difference"] < 1e-5


@pytest.mark.slow
def test_numbers_and_a_network_brought_along(tmp_path: Path, recordings: Path) -> None:
    for label, number in (("idle", "0.1"), ("running", "1"), ("broken", "4")):
        shutil.copytree(recordings / label, tmp_path / "data" / number)
    network(tmp_path / "networks" / "model.onnx", [[1.0, 1.0]])
    text = HEAD.replace("[idle, running]", '["0.1", "1"]') + NUMBERS
    trained = run(tmp_path, text + BROUGHT % "anomaly")
    numbers = trained.metrics("load")["recordings"]
    assert numbers["mae"] < 0.2
    assert numbers["r2"] > 0.98
    sums = trained.features("flat", "test").values[:, RMS].sum(axis=1)
    given: Any = np.concatenate(
        [np.load(path) for path in sorted(trained.path.glob("outputs/brought/scores-test-*.npy"))]
    )
    np.testing.assert_allclose(given, sums, rtol=1e-6)
    assert trained.metrics("brought")["windows"]["auroc"] > 0.95

    # Another file in the folder granted is another key; what fails is told before anything learns.
    network(tmp_path / "networks" / "model.onnx", [[1.0, 1.0], [1.0, 0.0]])
    with pytest.raises(
        EdgewrightError, match=r"brought/describe.*gives 2 values a window; an anomaly score is 1"
    ):
        run(tmp_path, text + BROUGHT % "anomaly")

    # So is an operator that the device doesn't have, if the impulse is to be deployed.
    write_network(tmp_path / "networks" / "model.onnx", np.ones((14, 1)), end="Erf")
    with pytest.raises(
        EdgewrightError, match=r"brought/describe.*can't be deployed: the device doesn't have Erf"
    ):
        run(tmp_path, text + BROUGHT % "anomaly" + "deployment: [{block: cpp}]\n")


@pytest.mark.slow
def test_a_network_brought_along_proves_its_packages(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "data").symlink_to(recordings)
    network(tmp_path / "networks" / "model.onnx", [[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]])
    node = BROUGHT % "classification, output: logits, labels: [idle, running, broken]"
    small = node.replace("id: brought", "id: small").replace("output:", "precision: int8, output:")
    trained = run(tmp_path, HEAD + node + small + "deployment: [{block: cpp}]\n")
    proofs = [
        json.loads((trained.path / "outputs" / "cpp" / "verification.json").read_text()),
        deploy(trained, "wasm", tmp_path / "package", options=PROCESS),
    ]
    for found in proofs:
        assert found is not None
        assert found["ok"], found
        assert found["nodes"]["brought"]["output"] == "probabilities"
        assert found["nodes"]["brought"]["largest_difference"] < 1e-5
        assert found["nodes"]["small"]["largest_difference"] == 0

    # The report says what int8 costs.
    document = precision_of(trained, "small")
    assert document is not None
    assert 0 < document["largest_change"] < 0.05
    assert document["figures"]["accuracy"][1] == trained.metrics("small")["windows"]["accuracy"]
    assert document["count"] == len(document["windows"])
    assert precision_of(trained, "brought") is None
    ids = [panel["id"] for panel in panels(trained)["panels"]]
    assert {"precision-small", "memory-small", "memory-brought"} <= set(ids)
    assert "precision-brought" not in ids


@pytest.mark.slow  # three runs
def test_a_classifier_beside_a_network_of_classes(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "data").symlink_to(recordings)
    network(tmp_path / "networks" / "model.onnx", [[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]])
    node = BROUGHT % "classification, output: logits, labels: [idle, running, broken]"
    trained = run(tmp_path, HEAD + "  - {id: classes, block: classifier, input: [flat]}\n" + node)
    assert trained.description("classes")["classes"] == ["broken", "idle", "running"]
    assert trained.metrics("classes")["windows"]["accuracy"] > 0.9
    assert trained.description("brought")["classes"] == ["idle", "running", "broken"]
    assert trained.metrics("brought")["recordings"]["n"] > 0
    with pytest.raises(EdgewrightError, match="allowed: 2 values, one a class"):
        run(tmp_path, HEAD + node.replace(", broken]", "]"))

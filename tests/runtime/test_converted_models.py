"""Classifiers and regressors, converted from pickles, in whole packages: C++ and wasm say what Python says."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from c_api import OK, CApi
from deployment_folder import block_folder, export_processing, params_of, recordings, transform, window_spec
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from edgewright_sdk import Context, Features
from edgewright_sdk.codegen import compilers
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.header import arena_bytes
from edgewright_sdk.codegen.package import library_files, write_files
from edgewright_sdk.codegen.verify import run_selftest
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.errors import RequestError
from edgewright_sdk.loading import load_block

WINDOW = window_spec(25)
#: Names that JavaScript would order otherwise, and a class that training never sees.
CLASSES = ["2", "x", "1", "never"]
NODES = {
    "forest": (RandomForestClassifier(8, random_state=0), "classification"),
    "logistic": (LogisticRegression(max_iter=5000), "classification"),
    "height": (Ridge(), "regression"),
}
needs_zig = pytest.mark.skipif(not compilers.has_zig(), reason="the ziglang wheel isn't installed")


def learned(folder: Path, name: str, features: Features, seen: Features) -> tuple[dict[str, Any], Any]:
    """Train, convert and export one node; returns its entry and what it gives for ``seen``."""
    estimator, mode = NODES[name]
    values = features.values
    targets = (
        np.digitize(values[:, 0], np.quantile(values[:, 0], [0.3, 0.7]))
        if mode == "classification"
        else values[:, 3]
    )
    artifacts = folder.parent / f"artifacts-{name}"
    artifacts.mkdir()
    (artifacts / "model.pkl").write_bytes(pickle.dumps(estimator.fit(values, targets)))
    loaded = load_block(block_folder("converted_model"))
    context = Context(classes=CLASSES if mode == "classification" else [])
    block, params = loaded.new(context), params_of("converted_model", {"mode": mode})
    model = block.convert(artifacts, features.spec, params, context)
    block.export(model, features.spec, params).write(folder / "nodes" / name, block.folder / "device")
    scores = block.score(model, seen, params)
    description = block.describe(features.spec, params)
    loaded.close()
    entry = {
        "id": name,
        "type": "learning",
        "kind": description.kind,
        "block": "converted_model",
        "inputs": ["flat"],
    }
    return entry | {"contributions": [], "classes": description.classes}, scores


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("converted") / "impulse"
    (folder / "nodes").mkdir(parents=True)
    (folder / "selftest").mkdir()
    train, shown = recordings(120, 25, 3), recordings(8, 25, 3, seed=1)
    export_processing("flatten", WINDOW, {}, folder / "nodes" / "flat")
    features, seen = (transform("flatten", windows, WINDOW, {}) for windows in (train, shown))
    np.save(folder / "selftest" / "windows.npy", shown)
    np.save(folder / "selftest" / "features-flat.npy", seen.values)
    nodes: list[dict[str, Any]] = [
        {"id": "flat", "type": "processing", "block": "flatten", "inputs": ["input"], "axes": [0, 1, 2]}
        | {"labels": seen.labels, "features": len(seen.labels)}
    ]
    decisions: list[dict[str, Any]] = [{"sample": f"s{i}", "start": 0, "nodes": {}} for i in range(8)]
    for name in NODES:
        entry, scores = learned(folder, name, features, seen)
        nodes.append(entry)
        given = "probabilities" if entry["classes"] else "scores"
        values = getattr(scores, given)
        np.save(folder / "selftest" / f"{given}-{name}.npy", values)
        for decision, value in zip(decisions, values, strict=True):
            decision["nodes"][name] = (
                {"class": CLASSES[int(value.argmax())], "score": float(value.max())}
                if entry["classes"]
                else {"score": float(value)}
            )
    (folder / "selftest" / "decisions.json").write_text(json.dumps(decisions))
    document = {
        "contract": 1, "name": "kinds", "build_id": "00000000000000cc", "namespace": "kinds_00000000",
        "window": {**WINDOW, "stride": 5}, "nodes": nodes,
    }  # fmt: skip
    (folder / "deployment.json").write_text(json.dumps(document))
    return folder


def expected(folder: Path, name: str) -> np.ndarray[Any, Any]:
    for given in ("probabilities", "scores"):
        path = folder / "selftest" / f"{given}-{name}.npy"
        if path.is_file():
            return np.load(path)
    raise AssertionError(name)


def build(block: str, folder: Path, out: Path) -> Any:
    loaded = load_block(block_folder(block))
    out.mkdir()
    loaded.new().build(TrainedImpulse.load(folder), params_of(block, {}), out)
    return loaded


def test_a_package_says_what_python_says(folder: Path, tmp_path: Path) -> None:
    graph = Graph(TrainedImpulse.load(folder))
    write_files(library_files(graph), tmp_path / "src")
    api = CApi(tmp_path, tmp_path, "kinds", outputs=3, arena_bytes=arena_bytes(graph))
    assert api.start() == OK
    for number, window in enumerate(np.load(folder / "selftest" / "windows.npy")):
        assert api.run(window) == OK
        for place, name in enumerate(NODES):
            output, want = api.result.outputs[place], expected(folder, name)[number]
            if name == "height":
                assert output.score == pytest.approx(want, rel=1e-4)
                continue
            classes = np.ctypeslib.as_array(output.class_scores, (output.class_count,))
            np.testing.assert_allclose(classes, want, atol=1e-4)
            assert output.decision == want.argmax()
            assert classes[3] == 0
            assert api.text("class_label", place, output.decision) == CLASSES[int(want.argmax())]


def check(found: dict[str, Any]) -> None:
    assert found["ok"], found
    outputs = {name: node["output"] for name, node in found["nodes"].items()}
    assert outputs == {
        "flat": "features",
        "forest": "probabilities",
        "logistic": "probabilities",
        "height": "scores",
    }
    assert all(node["largest_difference"] < 1e-3 for node in found["nodes"].values())


def test_the_self_test_compares_every_kind(folder: Path, tmp_path: Path) -> None:
    build("cpp", folder, tmp_path / "package").close()
    check(run_selftest(tmp_path / "package"))


@pytest.mark.parametrize(("name", "by"), [("forest", 0.01), ("logistic", 0.01), ("height", 0.5)])
def test_the_self_test_finds_what_differs(folder: Path, tmp_path: Path, name: str, by: float) -> None:
    impulse = TrainedImpulse.load(folder)
    given = "scores" if name == "height" else "probabilities"
    held = expected(folder, name)
    path = folder / "selftest" / f"{given}-{name}.npy"
    try:
        changed = held.copy()
        changed[3] += by
        np.save(path, changed)
        build("cpp", impulse.folder, tmp_path / "package").close()
    finally:
        np.save(path, held)
    found = run_selftest(tmp_path / "package")
    assert not found["ok"]
    beyond = {node: result["beyond_tolerance"] for node, result in found["nodes"].items()}
    assert beyond.pop(name) >= 1
    assert not any(beyond.values())


def test_a_package_refuses_expectations_of_another_shape(folder: Path, tmp_path: Path) -> None:
    path, held = folder / "selftest" / "probabilities-forest.npy", expected(folder, "forest")
    try:
        np.save(path, held[:, :2])
        with pytest.raises(RequestError, match=r"probabilities-forest.npy must have shape \(8, 4\)"):
            build("cpp", folder, tmp_path / "package")
    finally:
        np.save(path, held)


@needs_zig
def test_the_module_says_what_python_says(folder: Path, tmp_path: Path) -> None:
    loaded = build("wasm", folder, tmp_path / "package")
    found = loaded.new().verify(tmp_path / "package", params_of("wasm", {}))
    loaded.close()
    assert found["ok"], found
    for engine in found["engines"].values():
        check(engine)


def test_the_onnx_file_says_what_python_says(folder: Path, tmp_path: Path) -> None:
    loaded = build("onnx", folder, tmp_path / "package")
    found = loaded.new().verify(tmp_path / "package", params_of("onnx", {}))
    loaded.close()
    assert found["ok"], found
    outputs = {name: node["output"] for name, node in found["nodes"].items()}
    assert outputs == {"forest": "probabilities", "logistic": "probabilities", "height": "scores"}

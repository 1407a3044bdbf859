"""The documents that blocks, runs and packages exchange: the examples of the docs are good, near misses aren't."""

from __future__ import annotations

import json
import typing
from typing import Any

import pytest

from edgewright_specs import interface
from edgewright_specs.catalog import check_text, load_file
from edgewright_specs.problems import SpecError

if typing.TYPE_CHECKING:
    from pathlib import Path

SHA = "0" * 64
WINDOW = {"kind": "time-series", "length": 20, "axes": ["x", "y", "z"], "frequency": 10.0}
REQUEST = {
    "contract": 1, "operation": "fit", "params": {"clusters": 32, "features": "all"}, "seed": 0, "threads": 1,
    "window": WINDOW, "classes": ["a"],
    "inputs": {
        "features": {
            "kind": "features", "dtype": "float32",
            "parts": [{"node": "spectral", "labels": ["x RMS"], "shape": {"type": "flat", "width": 1},
                       "chunks": [{"path": "features/0/0.npy", "shape": [480, 1], "sha256": SHA}]}],
        },
        "windows": {"kind": "array", "dtype": "uint8", "chunks": [{"path": "w.npy", "shape": [0, 2, 2, 3], "sha256": SHA}]},
        "model": {"kind": "folder", "path": "model", "sha256": SHA},
    },
}  # fmt: skip
RESULT = {
    "contract": 1, "metrics": {"inertia": 1.5}, "warnings": ["few windows"],
    "outputs": {"scores": {"kind": "array", "path": "scores.npy", "dtype": "float64", "shape": [3]},
                "model": {"kind": "folder", "path": "model"}},
}  # fmt: skip
EXPORT = {
    "contract": 1, "symbol": "ew_flatten", "header": "flatten.h", "sources": ["flatten.cpp"], "modules": ["stats"],
    "tables": [{"name": "scale", "dtype": "float32", "value": 1.0},
               {"name": "mean", "dtype": "float32", "shape": [39], "file": "mean.npy"}],
    "state_bytes": 0, "scratch_bytes": 512, "inputs": [{"dtype": "float32", "shape": [125, 3]}],
    "outputs": [{"name": "features", "dtype": "float32", "shape": [39]}], "streamable": False,
    "tolerance": {"absolute": 1e-3, "relative": 1e-4},
}  # fmt: skip
DEPLOYMENT = {
    "contract": 1, "name": "pump-monitor", "build_id": "0123456789abcdef", "namespace": "pump_monitor_01234567",
    "window": {**WINDOW, "stride": 5},
    "nodes": [
        {"id": "spectral", "type": "processing", "block": "spectral_analysis", "inputs": ["input"], "axes": [0, 1, 2],
         "labels": ["x RMS"], "features": 1},
        {"id": "anomaly", "type": "learning", "kind": "anomaly", "block": "kmeans", "inputs": ["spectral"],
         "contributions": ["x RMS"], "classes": [],
         "threshold": {"value": 0.41, "method": "held-out", "target_fpr": 0.01},
         "quantiles": {"n": 4, "values": [0.25, 0.5, 1.0], "counts": [4, 3, 1]}},
    ],
}  # fmt: skip
RUN = {
    "name": "pump", "id": "x", "started": "2026-01-01T00:00:00.000+00:00", "seconds": 1.5, "runner": "process",
    "status": "ok", "warnings": [], "versions": {"python": "3.11"},
    "tasks": [{"id": "a/fit", "node": "a", "operation": "fit", "status": "hit", "seconds": 0.0, "key": SHA, "why": "x"}],
    "nodes": [{"id": "a", "type": "learning", "block": "kmeans", "inputs": ["s"], "params": {"clusters": 3}}],
}  # fmt: skip
LOCK = {
    "version": 1, "edgewright": "0.1.0", "python": "3.11.7", "build_id": "0123456789abcdef", "impulse": SHA,
    "identity": {"contract": 1, "name": "pump", "seed": 0, "outputs": {"data/index:index": SHA},
                 "nodes": [{"id": "a", "block": "kmeans", "digest": SHA, "params": {}}]},
    "blocks": {SHA: {"name": "kmeans", "runner": "docker", "environment": ["numpy==2"], "image": "sha256:x", "image_id": "y"}},
    "tasks": {"a/fit": {"key": SHA, "outputs": {"model": SHA}}},
}  # fmt: skip
LINES = {
    "kind": "lines",
    "title": "t",
    "x": {"label": "Hz", "values": [0, 1]},
    "y": {"label": ""},
    "series": [{"name": "a", "values": [1, 2]}],
}
SPACE = {
    "kind": "space",
    "title": "t",
    "dimensions": ["a"],
    "mean": [0],
    "scale": [1],
    "balls": [{"center": [0.0], "radius": 1, "size": 3}],
    "ellipses": [{"center": [0.0], "weight": 1, "variances": [1.0], "covariance": [[1.0]]}],
}
PLOTS = {
    "plots": [
        LINES,
        SPACE,
        {
            "kind": "heatmap",
            "title": "t",
            "x": {"label": "a", "values": ["p"]},
            "y": {"label": "b"},
            "values": [[1.0]],
        },
        {"kind": "image", "title": "t", "width": 1, "height": 1, "channels": 3, "values": [0, 1, 2]},
        {"kind": "encoded-image", "title": "t", "mime": "image/png", "data": "iVBORw0KGgo="},
    ]
}
PROCESSING = {"features": 1, "labels": ["x RMS"], "shape": {"type": "flat", "width": 1}, "dtype": "float32"}
LEARNING = {
    "kind": "anomaly",
    "outputs": ["scores"],
    "contributions": ["x RMS"],
    "classes": [],
    "bounded_in_sample": False,
}
MODEL = {
    "contract": 1,
    "meta": {"any": [1]},
    "arrays": {"centroids": {"file": "centroids.npy", "dtype": "float64", "shape": [3, 2]}},
}

EXAMPLES: list[tuple[str, Any]] = [
    ("request", REQUEST), ("result", RESULT), ("export", EXPORT), ("deployment", DEPLOYMENT), ("run", RUN), ("lock", LOCK),
    ("plots", PLOTS), ("description", PROCESSING), ("description", LEARNING), ("model", MODEL),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), EXAMPLES, ids=[f"{n}{i}" for i, (n, _) in enumerate(EXAMPLES)])
def test_good_documents(tmp_path: Path, name: str, value: Any) -> None:
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(value))
    load_file(name, path)


def _with(document: Any, pointer: str, value: Any) -> Any:
    copy = json.loads(json.dumps(document))
    here, *rest = [copy], *pointer.split("/")[1:]
    target: Any = here[0]
    for key in rest[:-1]:
        target = target[int(key)] if isinstance(target, list) else target[key]
    last = rest[-1]
    if value is ...:
        del target[last]
    elif isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value
    return copy


@pytest.mark.parametrize(
    ("name", "document", "pointer", "value", "message"),
    [
        ("request", REQUEST, "/contract", 2, "/contract: is not supported; got 2; allowed: 1; a newer"),
        ("request", REQUEST, "/operation", "fitt", 'did you mean "fit"?'),
        ("request", REQUEST, "/seed", -1, "/seed: is out of range"),
        ("request", REQUEST, "/inputs/model/path", "../x", "/inputs/model/path: is not a relative path within"),
        ("request", REQUEST, "/inputs/model/path", "/etc/passwd", "/inputs/model/path: is not a relative path within"),
        ("request", REQUEST, "/inputs/windows/dtype", "object", "/inputs/windows/dtype: has a form"),
        ("request", REQUEST, "/inputs/windows/chunks/0/shape", [-1], "/inputs/windows/chunks/0/shape/0: is out of range"),
        ("request", REQUEST, "/inputs/windows/kind", "arrays", "/inputs/windows/kind"),
        ("result", RESULT, "/outputs/model/path", "a/../../b", "/outputs/model/path: is not a relative path within"),
        ("result", RESULT, "/outputs/model/path", "file:///x", "/outputs/model/path: is not a relative path within"),
        ("result", RESULT, "/metrics/inertia", "1", "/metrics/inertia: is not a number"),
        ("result", RESULT, "/outputs", ..., 'lacks "outputs"'),
        ("model", MODEL, "/arrays/centroids/file", "../x.npy", "/arrays/centroids/file: has a form"),
        ("export", EXPORT, "/symbol", "a b", "/symbol: has a form"),
        ("export", EXPORT, "/sources/0", "../x.cpp", "/sources/0: has a form"),
        ("export", EXPORT, "/tables/0/file", "x.npy", "/tables/0: needs either a value or a file"),
        ("export", EXPORT, "/tables/1/shape", ..., "/tables/1: a file goes with a shape"),
        ("export", EXPORT, "/tables/1/name", "scale", "has two tables named scale"),
        ("export", EXPORT, "/tables/0/dtype", "float64", "/tables/0/dtype: is not a known value"),
        ("deployment", DEPLOYMENT, "/nodes/1/inputs/0", "later", "node anomaly takes from later"),
        ("deployment", DEPLOYMENT, "/nodes/1/quantiles/counts", [4, 3], "/nodes/1/quantiles: has not one count"),
        ("deployment", DEPLOYMENT, "/nodes/1/quantiles/values", [1, 1, 2], "values do not ascend"),
        ("deployment", DEPLOYMENT, "/build_id", "X", "/build_id: has a form"),
        ("run", RUN, "/tasks/0/status", "lost", "/tasks/0/status: is not a known value"),
        ("lock", LOCK, "/version", 2, "/version: is not supported"),
        ("plots", PLOTS, "/plots/0/kind", "html", "/plots/0"),
        ("plots", PLOTS, "/plots/0/html", "<b>", "/plots/0/html: is not a known field"),
        ("description", PROCESSING, "/features", 2, "says 2 features but has 1 labels"),
        ("description", LEARNING, "/outputs/0", "score", 'did you mean "scores"?'),
    ],
)  # fmt: skip
def test_near_misses(name: str, document: Any, pointer: str, value: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        check_text(name, json.dumps(_with(document, pointer, value), indent=1), f"{name}.json")
    assert message in str(caught.value)
    assert all(str(p).startswith(f"{name}.json:") for p in caught.value.problems)


def test_repeated_keys_are_refused_everywhere() -> None:
    with pytest.raises(SpecError, match=r"result\.json:2: /outputs: is given twice"):
        check_text("result", '{"contract": 1, "outputs": {},\n"outputs": {}}', "result.json")


@pytest.mark.parametrize(
    ("shape", "model"),
    [
        (interface.Request, "task.RequestFile"),
        (interface.Result, "task.ResultFile"),
        (interface.Output, "task.OutputEntry"),
        (interface.FileRef, "task.FileEntry"),
        (interface.ArrayInput, "task.ArrayInput"),
        (interface.FeaturesInput, "task.FeaturesInput"),
        (interface.FeaturePart, "task.FeaturePart"),
        (interface.PathInput, "task.PathInput"),
        (interface.WindowSpec, "shared.Window"),
    ],
)
def test_the_interface_and_the_models_name_the_same_fields(shape: Any, model: str) -> None:
    from importlib import import_module

    module, name = model.split(".")
    fields = getattr(import_module(f"edgewright_specs.{module}"), name).model_fields
    assert set(typing.get_type_hints(shape)) == set(fields)

"""Device code == Python for random windows and parameters: one shared library, tables filled by ctypes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from deployment_folder import Trained, block_folder, export_processing, recordings, transform, window_spec
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from edgewright_sdk import Features
from edgewright_sdk.codegen.ctypes_node import DeviceLibrary, DeviceNode
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_sdk.codegen.nodes import Node

QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def windows_of(seed: int, length: int, axes: int, scale: float, offset: float) -> np.ndarray:
    """Windows of waves and noise, one of them constant on an axis and one all zero."""
    values = recordings(4, length, axes, seed).astype(np.float64) * scale + offset
    values[2, :, 0] = values[2, 0, 0]
    values[3] = 0
    return values.astype(np.float32)


def assert_close(device: np.ndarray, python: np.ndarray, node: Node) -> None:
    allowed = node.tolerance["absolute"] + node.tolerance["relative"] * np.abs(python)
    beyond = np.argwhere(~(np.abs(device - python) <= allowed))
    assert not len(beyond), [(tuple(at), device[tuple(at)], python[tuple(at)]) for at in beyond[:3]]


def compare(
    library: DeviceLibrary,
    name: str,
    windows: np.ndarray,
    spec: dict[str, Any],
    given: dict[str, Any],
    folder: Path,
) -> tuple[np.ndarray, np.ndarray, Node]:
    node = export_processing(name, spec, given, folder / f"export-{sum(1 for _ in folder.iterdir())}")
    return (
        DeviceNode(library, node).batch(windows)["features"],
        transform(name, windows, spec, given).values,
        node,
    )


@QUICK
@given(
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(1, 300),
    axes=st.integers(1, 6),
    scale=st.sampled_from([-3.0, 1e-3, 0.0, 1.0, 2.5]),
)
def test_raw(
    device_library: DeviceLibrary, tmp_path: Path, seed: int, length: int, axes: int, scale: float
) -> None:
    spec = window_spec(length, [f"a{i}" for i in range(axes)])
    device, python, node = compare(
        device_library, "raw", windows_of(seed, length, axes, 1, 0), spec, {"scale-axes": scale}, tmp_path
    )
    assert_close(device, python, node)


@QUICK
@given(
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(1, 300),
    axes=st.integers(1, 6),
    scale=st.sampled_from([-3.0, 1e-3, 1.0, 2.5, 0.0]),
    amplitude=st.sampled_from([1e-3, 1.0, 1e3]),
    offset=st.sampled_from([0.0, 9.81, -1e3]),
    chosen=st.sets(
        st.sampled_from(["average", "minimum", "maximum", "rms", "stdev", "skewness", "kurtosis"]), min_size=1
    ),
)
def test_flatten(
    device_library: DeviceLibrary,
    tmp_path: Path,
    seed: int,
    length: int,
    axes: int,
    scale: float,
    amplitude: float,
    offset: float,
    chosen: set[str],
) -> None:
    # The window itself is float32: a deviation far below the offset's last bit says nothing about the algorithm.
    assume(not (amplitude < 1 and abs(offset) > 100))
    spec = window_spec(length, [f"a{i}" for i in range(axes)])
    names = ["average", "minimum", "maximum", "rms", "stdev", "skewness", "kurtosis"]
    params = {"scale-axes": scale, **{name: name in chosen for name in names}}
    windows = windows_of(seed, length, axes, amplitude, offset)
    device, python, node = compare(device_library, "flatten", windows, spec, params, tmp_path)
    assert_close(device, python, node)


@QUICK
@given(
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(2, 700),
    axes=st.integers(1, 3),
    log2=st.integers(2, 10),
    overlap=st.booleans(),
    log=st.booleans(),
    filters=st.sampled_from(
        [("none", 3, 6), ("low", 8, 6), ("low", 20, 2), ("high", 5, 4), ("high", 2, 8), ("low", 6, 0)]
    ),
    scale=st.sampled_from([-1.0, 1.0, 2.5]),
)
@example(seed=1, length=2000, axes=1, log2=12, overlap=True, log=True, filters=("none", 3, 6), scale=1.0)
def test_spectral_analysis(
    device_library: DeviceLibrary,
    tmp_path: Path,
    seed: int,
    length: int,
    axes: int,
    log2: int,
    overlap: bool,
    log: bool,
    filters: tuple[str, float, int],
    scale: float,
) -> None:
    spec = window_spec(length, [f"a{i}" for i in range(axes)])
    kind, cutoff, order = filters
    params = {
        "scale-axes": scale,
        "fft-length": 2**log2,
        "do-log": log,
        "do-fft-overlap": overlap,
        "filter-type": kind,
        "filter-cutoff": cutoff,
        "filter-order": order,
    }
    windows = windows_of(seed, length, axes, 1, 0)
    try:
        device, python, node = compare(device_library, "spectral_analysis", windows, spec, params, tmp_path)
    except BlockError as error:
        assume("bin" not in str(error))  # a low filter of a short FFT that keeps nothing is refused
        raise
    assert_comparable(device, python, node, axes, log)


def assert_comparable(device: np.ndarray, python: np.ndarray, node: Node, axes: int, log: bool) -> None:
    """Compare all features but log powers more than 1e-10 times the largest one below it."""
    rows = python.reshape(len(python), axes, -1)
    compared = np.ones(rows.shape, bool)
    if log:
        powers = rows[:, :, 5:]
        compared[:, :, 5:] = powers >= powers.max(axis=(1, 2), keepdims=True) - 10
        compared[:, :, 5:] |= powers == -10  # the floor is exact
    mask = compared.reshape(python.shape)
    assert_close(np.where(mask, device, 0), np.where(mask, python, 0), node)


@QUICK
@given(
    seed=st.integers(0, 2**32 - 1),
    features=st.integers(1, 40),
    windows=st.integers(1, 60),
    clusters=st.integers(1, 40),
    radius=st.sampled_from([50, 99, "max"]),
)
def test_kmeans(
    device_library: DeviceLibrary,
    tmp_path: Path,
    seed: int,
    features: int,
    windows: int,
    clusters: int,
    radius: Any,
) -> None:
    random = np.random.default_rng(seed)
    labels = [f"f{i}" for i in range(features)]
    train = Features(random.standard_normal((windows, features)) * 3 + 10, labels)
    chosen = list(random.permutation(labels)[: random.integers(1, features + 1)])
    trained = Trained(
        "kmeans", train, {"clusters": clusters, "radius": radius, "features": [str(c) for c in chosen]}
    )
    node = trained.export(tmp_path / f"kmeans-{sum(1 for _ in tmp_path.iterdir())}")
    probe = Features(
        np.concatenate([train.values[:3], random.standard_normal((5, features)) * 9 + 10]), labels
    )
    python = trained.score(probe)
    device = DeviceNode(device_library, node).batch(probe.values)
    trained.close()
    assert_close(device["scores"][:, 0], python.scores, node)
    np.testing.assert_allclose(
        device["contributions"].sum(axis=1), device["scores"][:, 0], atol=1e-3, rtol=1e-3
    )
    np.testing.assert_allclose(device["contributions"], python.contributions, atol=2e-3, rtol=2e-3)


def golden_cases(name: str) -> list[Any]:
    cases = []
    for path in (block_folder(name) / "tests" / "golden").glob("*.json"):
        document = json.loads(path.read_text())
        cases += [case | {"block": name} for case in document["cases"] if not case.get("error")]
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.mark.parametrize(
    "case", [c for name in ("raw", "flatten", "spectral_analysis") for c in golden_cases(name)]
)
def test_golden_inputs(device_library: DeviceLibrary, tmp_path: Path, case: dict[str, Any]) -> None:
    """The recorded inputs of each block's golden cases, device against our Python (which is held to the reference)."""
    golden = block_folder(case["block"]) / "tests" / "golden"
    axes = case["axes"]
    window = np.load(golden / case["input"]).astype(np.float32).reshape(-1, len(axes))
    spec = window_spec(len(window), axes, case["sampling_freq"])
    known = json.loads((block_folder(case["block"]) / "parameters.json").read_text())["parameters"]
    names = {item["param"] for group in known for item in group.get("items", [group])}
    params = {
        key.replace("_", "-"): value
        for key, value in case["params"].items()
        if key.replace("_", "-") in names
    }
    device, python, node = compare(device_library, case["block"], window[None], spec, params, tmp_path)
    if case["block"] == "spectral_analysis" and params["analysis-type"] == "FFT":
        assert_comparable(device, python, node, len(axes), bool(params["do-log"]))
    else:
        assert_close(device, python, node)

"""Gaussian mixtures: device code == Python, one library for all parameter sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edgewright_sdk import Context, Features, Params, load_block
from edgewright_sdk.codegen.compilers import WARNINGS, native_compilers
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)


def trained(values, **params):
    features = Features(values, [f"f{i}" for i in range(values.shape[1])])
    given = Params.defaults(FOLDER, **params)
    context = Context()
    return features.spec, given, BLOCK.new(context).fit(features, None, given, context)


def export(spec, params, model, out):
    block = BLOCK.new()
    block.export(model, spec, params).write(out, FOLDER / "device")
    return load_node(out)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gmm")
    node = export(*trained(np.random.default_rng(0).normal(size=(30, 2)), components=1), folder / "node")
    (folder / "build").mkdir()
    trap = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    return build_library([node], folder / "build", compiler=native_compilers()[0], options=[*WARNINGS, *trap])


@settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
@given(
    seed=st.integers(0, 2**32 - 1),
    axes=st.integers(1, 40),
    windows=st.integers(1, 80),
    components=st.integers(1, 9),
    covariance=st.sampled_from(["full", "tied", "diag", "spherical"]),
    kind=st.sampled_from(["z", "negative-log-likelihood", "absolute-z"]),
    offset=st.sampled_from([0.0, 1e3, -1e5]),
    alike=st.sampled_from([0.0, 0.999]),
)
@example(seed=1, axes=33, windows=80, components=8, covariance="full", kind="z", offset=1e3, alike=0.999)
def test_device_equals_python(
    library, tmp_path, seed, axes, windows, components, covariance, kind, offset, alike
):
    random = np.random.default_rng(seed)
    common = random.normal(size=(windows, 1)) * alike  # features that are nearly the same
    values = (random.normal(size=(windows, axes)) * (1 - alike) + common) * 30 + offset
    values = values.astype(np.float32)
    spec, params, model = trained(values, components=components, covariance=covariance, score=kind)
    node = export(spec, params, model, tmp_path / f"node-{sum(1 for _ in tmp_path.iterdir())}")
    away = values[:4] + (random.normal(size=values[:4].shape) * 100).astype(np.float32)
    probe = np.concatenate([values[:4], values.mean(axis=0)[None], away, np.full((1, axes), 1e6, np.float32)])
    device = DeviceNode(library, node).batch(probe)
    python = BLOCK.new().score(model, Features(probe, spec.labels), params)
    for name, expected in (("scores", python.scores[:, None]), ("contributions", python.contributions)):
        allowed = node.tolerance["absolute"] + node.tolerance["relative"] * np.abs(expected)
        assert (np.abs(device[name] - expected) <= allowed).all(), name
    np.testing.assert_allclose(
        device["contributions"].sum(axis=1), device["scores"][:, 0], rtol=1e-3, atol=1e-2
    )


def test_so_far_away_that_squares_overflow_the_score_is_no_nan(library, tmp_path):
    spec, params, model = trained(
        np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32), components=3
    )
    node = export(spec, params, model, tmp_path / "node")
    probe = np.array([[1e30, 0, 0], [3e38, -3e38, 3e38]], np.float32)
    scores = DeviceNode(library, node).batch(probe)["scores"]
    assert (scores > 1e15).all()  # NaN compares false

"""Visual anomaly detection: device code == Python, one library for all parameter sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgewright_blocks.learning.visual_anomaly.bank import make_bank
from edgewright_sdk import Context, Model, Params, Windows, load_block
from edgewright_sdk.codegen.compilers import WARNINGS, native_compilers
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

from .networks import tiny_backbone

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def granted(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("granted")
    (folder / "tiny.onnx").write_bytes(tiny_backbone())
    monkeypatch.setenv("EDGEWRIGHT_MOUNT_BACKBONE", str(folder))


def trained(height, width, channels, **given):
    params = Params.defaults(FOLDER, **{"backbone": "tiny.onnx", "taps": ["fine", "coarse"], **given})
    spec = {"kind": "image", "height": height, "width": width, "channels": channels}
    images = np.random.default_rng(1).integers(0, 256, (8, height, width, channels), dtype=np.uint8)
    context = Context(seed=3)
    return spec, params, BLOCK.new(context).fit(Windows(images[:6], spec), None, params, context), images[5:]


def export(spec, params, model, out):
    BLOCK.new().export(model, spec, params).write(out, FOLDER / "device")
    return load_node(out)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("visual")
    with pytest.MonkeyPatch.context() as patch:
        (folder / "tiny.onnx").write_bytes(tiny_backbone())
        patch.setenv("EDGEWRIGHT_MOUNT_BACKBONE", str(folder))
        nodes = [
            export(*trained(48, 48, 3, scoring=scoring)[:3], folder / scoring)
            for scoring in ("patchcore", "gmm")
        ]
    (folder / "build").mkdir()
    trap = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    return build_library(nodes, folder / "build", compiler=native_compilers()[0], options=[*WARNINGS, *trap])


@pytest.mark.parametrize(
    ("size", "channels", "given"),
    [
        ((48, 48), 3, {}),
        ((50, 70), 1, {"min_cells": 5, "pool_size": 5, "sampling_ratio": 0.5}),
        ((96, 64), 3, {"pool_size": 1, "neighbours": 1, "smoothing": False, "taps": ["coarse"]}),
        ((40, 88), 3, {"neighbours": 50, "sampling_ratio": 1.0, "taps": ["coarse", "fine"]}),
        ((40, 88), 3, {"sampling_ratio": 0.5, "bank": "int8"}),
        ((48, 48), 3, {"scoring": "gmm", "min_cells": 4}),
        ((90, 70), 1, {"scoring": "gmm", "capacity": "high", "taps": ["coarse"]}),
        ((56, 48), 3, {"backbone": "efficientnet-lite0", "taps": [], "layers": 3, "sampling_ratio": 0.1}),
    ],
)  # fmt: skip
def test_device_equals_python(library, tmp_path, size, channels, given):
    spec, params, model, images = trained(*size, channels, **given)
    node = export(spec, params, model, tmp_path / "node")
    leading = next((table.value for table in node.tables if table.name == "leading"), 0)
    assert (leading > 0) == (
        given.get("sampling_ratio", 0) >= 0.5 and "bank" not in given
    )  # bounds where they pay
    device = DeviceNode(library, node).batch(images)
    python = BLOCK.new().score(model, Windows(images, spec), params)
    allowed = node.tolerance["absolute"] + node.tolerance["relative"] * np.abs(python.map)
    if (
        model.meta["scoring"] == "patchcore"
    ):  # a kept cell that is met again is as far as rounding, under a root
        allowed += 5e-3 * (python.map < 1)
    assert (np.abs(device["map"] - python.map) <= allowed).all()
    np.testing.assert_array_equal(
        device["scores"][:, 0], np.sort(device["map"].reshape(len(images), -1), axis=1)[:, -params.min_cells]
    )


@pytest.mark.parametrize("kind", ["alike", "twins", "far away", "flat", "tiny"])
def test_the_nearest_is_found_in_odd_banks(library, tmp_path, kind):
    spec, params, model, images = trained(48, 48, 3)
    random = np.random.default_rng(2)
    cells = random.normal(0, 1, (90, model.arrays["cells"].shape[1])).astype(np.float32)
    if kind == "alike":
        cells[:] = cells[0]
    elif kind == "twins":
        cells[45:] = cells[:45]
    elif kind == "far away":
        cells = 1000 + 1e-3 * cells
    elif kind == "flat":  # in one plane
        cells = cells[:, :2] @ random.normal(0, 50, (2, cells.shape[1])).astype(np.float32)
    else:
        cells *= np.float32(1e-6)
    bank = make_bank(cells.astype(np.float32), np.zeros(90, np.int32), 4)
    model = Model(
        model.meta, {**bank.arrays(), "sources": np.zeros((90, 3), np.int32)}, networks=model.networks
    )
    device = DeviceNode(library, export(spec, params, model, tmp_path / "node")).batch(images)
    expected = BLOCK.new().score(model, Windows(images, spec), params).map
    np.testing.assert_allclose(device["map"], expected, rtol=1e-4, atol=1e-4 * expected.max())

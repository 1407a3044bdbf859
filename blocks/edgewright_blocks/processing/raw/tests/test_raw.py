"""Raw: samples × scale, in the order of the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgewright_sdk import Params, Windows, load_block

FOLDER = Path(__file__).parents[1]
WINDOW = {"kind": "time-series", "length": 3, "axes": ["x", "y"], "frequency": 1.0}


def test_golden(golden):
    features = golden.compute()
    assert golden.differences(features) == []


def test_order_labels_and_description_agree():
    raw = load_block(FOLDER).new()
    params = Params.defaults(FOLDER, scale_axes=2.0)
    values = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    features = raw.transform(Windows(values, WINDOW), params)
    np.testing.assert_array_equal(features.values, values.reshape(2, 6) * 2)
    assert features.labels == ["x 0", "y 0", "x 1", "y 1", "x 2", "y 2"]
    assert raw.describe(WINDOW, params).document() == {
        "features": 6, "labels": features.labels, "shape": {"type": "flat", "width": 6}, "dtype": "float32",
    }  # fmt: skip


def test_export_fits_the_device_code(tmp_path):
    raw = load_block(FOLDER).new()
    raw.export(WINDOW, Params.defaults(FOLDER)).write(tmp_path / "export", FOLDER / "device")
    assert sorted(p.name for p in (tmp_path / "export").iterdir()) == [
        "export.json",
        "node.onnx",
        "raw.cpp",
        "raw.h",
    ]

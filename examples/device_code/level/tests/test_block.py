"""What the block computes, that a stream computes the same, and that it keeps every promise of its spec."""

from pathlib import Path

import numpy as np

from edgewright import open_block
from edgewright.testing import parametrize_with_checks
from edgewright_sdk import Params, load_block
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

BLOCK = Path(__file__).parents[1]


def test_level_of_a_known_window():
    window = np.array([[[3.0], [4.0], [0.0], [2.0]]], dtype=np.float32)
    with open_block(BLOCK, trust=True) as block:
        features = block.transform(window, frequency=10.0, axes=["x"], params={"slices": 2})
    assert features.labels == ("x Level 0", "x Level 1")
    np.testing.assert_allclose(features.values, [[np.sqrt(12.5), np.sqrt(2.0)]], rtol=1e-6)


def test_a_stream_gives_the_same_bits_as_windows_one_by_one(tmp_path):
    signal = np.random.default_rng(0).standard_normal((60, 2)).astype(np.float32)
    windows = np.stack([signal[start : start + 20] for start in range(0, 41, 8)])
    spec = {"kind": "time-series", "length": 20, "axes": ["x", "y"], "frequency": 10.0, "stride": 8}
    loaded = load_block(BLOCK)
    loaded.new().export(spec, Params.defaults(BLOCK, slices=5)).write(tmp_path / "export", BLOCK / "device")
    loaded.close()
    node = load_node(tmp_path / "export")
    (tmp_path / "build").mkdir()
    device = DeviceNode(build_library([node], tmp_path / "build"), node)
    assert node.state_bytes > 0
    np.testing.assert_array_equal(
        device.batch(windows, stream=True)["features"], device.batch(windows)["features"]
    )


@parametrize_with_checks(BLOCK)
def test_block_keeps_its_promises(check):
    check()

"""What the block computes, and that it keeps every promise of its spec."""

from pathlib import Path

import numpy as np

from edgewright import open_block
from edgewright.testing import parametrize_with_checks

BLOCK = Path(__file__).parents[1]


def test_jerk_of_a_known_window():
    window = np.array([[[1.0], [-3.0], [2.0], [0.0]]], dtype=np.float32)
    with open_block(BLOCK, trust=True) as block:
        features = block.transform(window, frequency=10.0, axes=["x"], params={"scale-axes": 2.0})
    assert features.labels == ("x Jerk", "x Largest Jerk")
    np.testing.assert_allclose(features.values, [[20 * 11 / 3, 100.0]], rtol=1e-6)


@parametrize_with_checks(BLOCK)
def test_block_keeps_its_promises(check):
    check()

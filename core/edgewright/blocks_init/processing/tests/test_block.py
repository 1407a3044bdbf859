"""What the block computes, and that it keeps every promise of its spec."""

from pathlib import Path

import numpy as np

from edgewright import open_block
from edgewright.testing import parametrize_with_checks

BLOCK = Path(__file__).parents[1]


def test_level_and_span_of_a_known_window():
    window = np.array([[[1.0], [-3.0], [2.0], [0.0]]], dtype=np.float32)
    with open_block(BLOCK, trust=True) as block:
        features = block.transform(window, frequency=10.0, axes=["x"], params={"scale-axes": 2.0})
    assert features.labels == ("x Level", "x Span")
    np.testing.assert_allclose(features.values, [[3.0, 10.0]])


@parametrize_with_checks(BLOCK)
def test_block_keeps_its_promises(check):
    check()

"""What the block computes, and that it keeps every promise of its spec."""

from pathlib import Path

import numpy as np

from edgewright import open_block
from edgewright.testing import parametrize_with_checks

BLOCK = Path(__file__).parents[1]


def test_a_tone_is_loudest_in_its_own_band():
    time = np.arange(200) / 100.0
    tones = np.stack([np.sin(2 * np.pi * frequency * time) for frequency in (37.5, 18.75, 9.375)])
    with open_block(BLOCK, trust=True) as block:
        features = block.transform(
            tones[:, :, None].astype(np.float32), frequency=100.0, axes=["x"], params={"taps": 15}
        )
    assert features.labels == ("x 37.5 Hz", "x 18.8 Hz", "x 9.38 Hz")
    np.testing.assert_array_equal(features.values.argmax(axis=1), [0, 1, 2])


@parametrize_with_checks(BLOCK)
def test_block_keeps_its_promises(check):
    check()

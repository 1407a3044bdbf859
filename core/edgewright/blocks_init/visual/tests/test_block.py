"""What the detector finds, and that it keeps every promise of its spec."""

from pathlib import Path

import numpy as np

from edgewright.testing import parametrize_with_checks
from edgewright_sdk import Context, Params, Windows, load_block

BLOCK = Path(__file__).parents[1]
WINDOW = {"kind": "image", "width": 20, "height": 12, "channels": 3}


def test_a_spot_is_found_where_it_is():
    random = np.random.default_rng(0)
    images = random.integers(100, 110, (8, 12, 20, 3), dtype=np.uint8)
    strange = images[:1].copy()
    strange[0, 4:8, 8:12] = 250
    loaded = load_block(BLOCK)
    block, params = loaded.new(), Params.defaults(BLOCK, cell=4)
    model = block.fit(Windows(images, WINDOW), None, params, Context())
    scores = block.score(model, Windows(np.concatenate([images, strange]), WINDOW), params)
    loaded.close()
    assert scores.scores[:8].max() < 1 < 10 < scores.scores[8]
    assert scores.map.shape == (9, 3, 5)
    assert np.unravel_index(scores.map[8].argmax(), (3, 5)) == (1, 2)


@parametrize_with_checks(BLOCK)
def test_block_keeps_its_promises(check):
    check()

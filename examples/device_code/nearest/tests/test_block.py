"""How the block scores, and that it keeps every promise of its spec."""

from pathlib import Path

import numpy as np

from edgewright.testing import parametrize_with_checks
from edgewright_sdk import Context, Features, Params, load_block

BLOCK = Path(__file__).parents[1]


def test_a_kept_example_scores_zero_and_contributions_add_up():
    loaded = load_block(BLOCK)
    block, params = loaded.new(), Params.defaults(BLOCK, examples=3)
    train = Features(np.array([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [0.0, -2.0]]), ["a", "b"])
    model = block.fit(train, None, params, Context())
    rows = Features(np.array([[0.0, 0.0], [3.0, 1.0]]), ["a", "b"])
    scores = block.score(model, rows, params)
    assert scores.scores[0] == 0.0 < scores.scores[1]
    np.testing.assert_allclose(scores.contributions.sum(axis=1), scores.scores, rtol=1e-6)
    loaded.close()


@parametrize_with_checks(BLOCK)
def test_block_keeps_its_promises(check):
    check()

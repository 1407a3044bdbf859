"""How the block scores, and that it keeps every promise of its spec."""

from pathlib import Path

import numpy as np

from edgewright.testing import parametrize_with_checks
from edgewright_sdk import Context, Features, Params, load_block

BLOCK = Path(__file__).parents[1]


def test_the_mean_scores_zero_and_contributions_add_up():
    loaded = load_block(BLOCK)
    block, params = loaded.new(), Params.defaults(BLOCK)
    train = Features(np.array([[0.0, 10.0], [2.0, 30.0]]), ["a", "b"])
    model = block.fit(train, None, params, Context())
    rows = Features(np.array([[1.0, 20.0], [1.0, 40.0]]), ["a", "b"])
    scores = block.score(model, rows, params)
    np.testing.assert_allclose(scores.scores, [0.0, np.sqrt(2.0)])
    np.testing.assert_allclose(scores.contributions.sum(axis=1), scores.scores, rtol=1e-6)
    loaded.close()


@parametrize_with_checks(BLOCK)
def test_block_keeps_its_promises(check):
    check()

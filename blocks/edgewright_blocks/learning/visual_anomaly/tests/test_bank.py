"""The memory bank: distances to the nearest kept cell, and their weights."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright_blocks.learning.visual_anomaly.bank import Bank, make_bank

RANDOM = np.random.default_rng(0)
KEPT = RANDOM.normal(3, 1, (300, 12)).astype(np.float32)
OWNERS = RANDOM.integers(0, 5, 300).astype(np.int32)
CELLS = np.concatenate([RANDOM.normal(3, 2, (1100, 12)), KEPT[:40], KEPT[40:80] + 1e-5]).astype(np.float32)


def by_hand(cells, kept, neighbours, allowed):
    away = np.sqrt(np.square(cells[:, None].astype(np.float64) - kept).sum(axis=2))
    nearest = np.where(allowed, away, np.inf).argmin(axis=1)
    between = np.sqrt(np.square(kept[:, None].astype(np.float64) - kept).sum(axis=2))
    between[:, ~np.broadcast_to(allowed, len(kept))] = np.inf  # what doesn't count is nobody's neighbour
    support = np.argsort(between, axis=1, kind="stable")[nearest, :neighbours]
    least = away[np.arange(len(cells)), nearest]
    if neighbours == 1:
        return least, nearest
    total = np.exp(np.take_along_axis(away, support, axis=1) - least[:, None]).sum(axis=1)
    return (1 - 1 / total) * least, nearest


@pytest.mark.parametrize("neighbours", [1, 2, 9])
@pytest.mark.parametrize("without", [None, 3])  # a fifth of the bank, so that most neighbourhoods lose some
def test_scores_are_those_of_the_formula(neighbours, without):
    bank = make_bank(KEPT, OWNERS, neighbours)
    scores, nearest = bank.scores(CELLS, without=without)
    expected, places = by_hand(CELLS, KEPT, neighbours, without != OWNERS)
    np.testing.assert_array_equal(nearest, places)
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-6)
    assert scores.dtype == np.float32


def test_a_score_does_not_depend_on_its_neighbours():
    bank = make_bank(KEPT, OWNERS, 9)
    whole = bank.scores(CELLS)[0]
    alone = [float(bank.scores(CELLS[row : row + 1])[0][0]) for row in (0, 500, 1120, 1170)]
    np.testing.assert_allclose(whole[[0, 500, 1120, 1170]], alone, rtol=1e-5, atol=1e-6)


def test_a_bank_of_one_cell_and_one_image():
    bank = make_bank(KEPT[:1], OWNERS[:1], 9)
    np.testing.assert_allclose(
        bank.scores(CELLS[:3])[0], np.linalg.norm(CELLS[:3] - KEPT[0], axis=1), rtol=1e-5
    )
    np.testing.assert_array_equal(
        bank.scores(CELLS[:3], without=int(OWNERS[0]))[0], bank.scores(CELLS[:3])[0]
    )


def test_all_but_few_cells_may_not_count():
    owners = np.where(np.arange(300) < 4, 1, 0).astype(np.int32)
    scores, nearest = make_bank(KEPT, owners, 9).scores(CELLS[:50], without=0)
    expected, places = by_hand(CELLS[:50], KEPT[:4], 9, np.ones(4, bool))
    np.testing.assert_array_equal(nearest, places)
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


def test_a_bank_in_int8_scores_by_what_it_keeps():
    kept = KEPT.copy()
    kept[:, 3] = 2.5  # stands still
    bank = make_bank(kept, OWNERS, 9, "int8")
    span = kept.max(axis=0) - kept.min(axis=0)
    assert (np.abs(bank.cells - kept) <= span / 255 / 2 * 1.001 + 1e-6).all()
    again = Bank.of(bank.arrays())
    assert again.arrays()["cells_int8"].dtype == np.int8
    scores, nearest = again.scores(CELLS)
    expected, places = by_hand(CELLS, bank.cells, 9, np.ones(300, bool))
    np.testing.assert_array_equal(nearest, places)
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-5)

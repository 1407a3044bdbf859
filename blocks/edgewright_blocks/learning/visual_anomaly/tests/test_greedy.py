"""K-centre greedy: the textbook's picks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright_blocks.learning.visual_anomaly import greedy
from edgewright_blocks.learning.visual_anomaly.coreset import Coreset
from edgewright_blocks.learning.visual_anomaly.greedy import k_centre_greedy
from edgewright_sdk import BlockError


def textbook(points, count, first=0, known=None):
    """Every distance, in float64; stops where nothing is left."""
    wide = points.astype(np.float64)
    picks = []
    far = np.full(len(wide), np.inf)
    for centre in [] if known is None else known.astype(np.float64):
        far = np.minimum(far, np.square(wide - centre).sum(axis=1))
    if known is None:
        picks.append(first)
        far = np.square(wide - wide[first]).sum(axis=1)
    while len(picks) < count and far.max() > 0:
        picks.append(int(far.argmax()))
        far = np.minimum(far, np.square(wide - wide[picks[-1]]).sum(axis=1))
    return picks


def clouds(rows, width, random):
    return (
        random.normal(0, 4, (7, width))[random.integers(7, size=rows)] + random.normal(size=(rows, width))
    ).astype(np.float32)


@pytest.fixture
def small_pieces(monkeypatch):
    """Many levels and products in little data."""
    for name, value in (("_ROWS", 16), ("_CENTRES", 7), ("_FEWEST", 20), ("_SHARE", 0.0)):
        monkeypatch.setattr(greedy, name, value)


@pytest.mark.parametrize("width", [1, 3, 40])
@pytest.mark.parametrize(
    "kind", ["clouds", "duplicates", "grid", "far from 0", "one far away", "nearly equal"]
)
def test_picks_are_those_of_the_textbook(kind, width, small_pieces):
    random = np.random.default_rng(width)
    points = clouds(400, width, random)
    if kind == "duplicates":
        points = points[random.integers(60, size=400)]
    if kind == "grid":  # many equal distances
        points = random.integers(0, 4, (400, width)).astype(np.float32)
    if kind == "far from 0":  # float32 products of the raw values would be noise
        points += np.float32(3000)
    if kind == "one far away":
        points[123] = 1e6
    if kind == "nearly equal":
        points = (1 + 1e-6 * random.integers(0, 5, (400, width))).astype(np.float32)
    for count in (1, 2, 60, 250, 400):
        assert k_centre_greedy(points, count, first=17).tolist() == textbook(points, count, 17)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 5), st.integers(1, 60), st.integers(0, 2**31))
def test_any_small_data(rows, width, count, seed):
    random = np.random.default_rng(seed)
    points = random.integers(-3, 4, (rows, width)).astype(np.float32)
    first = int(random.integers(rows))
    assert k_centre_greedy(points, min(count, rows), first=first).tolist() == textbook(
        points, min(count, rows), first
    )


def test_pieces_of_the_size_that_runs_have():
    points = clouds(6000, 20, np.random.default_rng(1))
    told = []
    picks = k_centre_greedy(points, 600, first=5, progress=lambda done, total: told.append((done, total)))
    assert picks.tolist() == textbook(points, 600, 5)
    assert told == sorted(told)
    assert told[-1] == (600, 600)


def test_picking_goes_on_from_what_is_known(small_pieces):
    random = np.random.default_rng(2)
    known, points = clouds(150, 6, random), clouds(300, 6, random)
    points[:50] = known[:50]
    assert k_centre_greedy(points, 40, known=known).tolist() == textbook(points, 40, known=known)
    assert len(k_centre_greedy(known[:20], 5, known=known)) == 0


def radius(points, kept):
    wide = points.astype(np.float64)
    return max(np.sqrt(np.square(point - kept.astype(np.float64)).sum(axis=1)).min() for point in wide)


def test_more_cells_than_memory_are_merged_and_reduced():
    points = clouds(12_000, 16, np.random.default_rng(3))
    chosen = {}
    for memory in (10, 0.25):  # MiB: 0.25 holds 4096 cells
        coreset = Coreset(len(points), 16, 0.02, memory)
        for start in range(0, len(points), 700):
            coreset.add(points[start : start + 700])
        cells, places = coreset.chosen(np.random.default_rng(0), lambda done, total: None)
        assert len(cells) == 240
        np.testing.assert_array_equal(cells, points[places])
        assert (coreset.whole is None) == (memory < 1)
        chosen[memory] = radius(points, cells)
    assert chosen[0.25] < 1.25 * chosen[10]


def test_too_little_memory_is_refused_with_numbers():
    with pytest.raises(
        BlockError, match=r"takes 24 MB; memory-limit is 10: raise it, or lower sampling-ratio"
    ):
        Coreset(100_000, 64, 0.5, 10)

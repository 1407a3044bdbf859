"""Regions of images: which cells are in them, and scores that say how many cells are above."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.errors import PlanError
from edgewright.scoring import map_scale, nth_largest, region_cells, region_maps, region_scores


def cells(rows: int, columns: int, **region: object) -> list[tuple[int, int]]:
    found = region_cells({"min_cells": 1, **region}, rows, columns)
    return [divmod(int(cell), columns) for cell in found]


def test_a_cell_is_in_a_region_by_its_middle() -> None:
    assert cells(2, 3) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert cells(4, 4, box=[0.13, 0.0, 0.5, 0.3]) == [(0, 1), (0, 2)]
    assert cells(4, 4, box=[0.9, 0.9, 0.1, 0.1], min_cells=0) == []
    # What halves an image halves its cells: none is in both or in neither.
    left, right = cells(7, 9, box=[0, 0, 0.5, 1]), cells(7, 9, box=[0.5, 0, 0.5, 1])
    assert sorted(left + right) == cells(7, 9)


def test_polygons_agree_with_half_planes_and_boxes() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        corners = random.uniform(0, 1, (3, 2))
        rows, columns = random.integers(1, 30, 2)
        inside = []
        for row in range(rows):
            for column in range(columns):
                place = np.array([(column + 0.5) / columns, (row + 0.5) / rows])
                sides = [
                    np.linalg.det(np.stack([corners[(i + 1) % 3] - corners[i], place - corners[i]])) > 0
                    for i in range(3)
                ]
                if len(set(sides)) == 1:
                    inside.append((row, column))
        assert cells(rows, columns, polygon=corners.tolist(), min_cells=0) == inside
    box = [[0.2, 0.1], [0.7, 0.1], [0.7, 0.8], [0.2, 0.8]]
    assert cells(12, 12, polygon=box) == cells(12, 12, box=[0.2, 0.1, 0.5, 0.7])
    hollow = [[0, 0], [1, 0], [1, 1], [0.6, 1], [0.6, 0.4], [0.4, 0.4], [0.4, 1], [0, 1]]  # an arch
    assert (11, 6) not in cells(12, 13, polygon=hollow)
    assert (11, 0) in cells(12, 13, polygon=hollow)


def test_a_score_is_above_a_threshold_exactly_where_so_many_cells_are() -> None:
    random = np.random.default_rng(0)
    maps = random.integers(0, 6, (40, 5, 7)).astype(np.float32)  # many ties
    region = {"box": [0.0, 0.2, 0.6, 0.8], "min_cells": 4}
    scores, inside = region_scores(maps, region), region_maps(maps, region)
    assert np.isnan(inside).sum() == 40 * (35 - len(region_cells(region, 5, 7)))
    for threshold in (0.0, 1.5, 3.0, 5.0):
        np.testing.assert_array_equal(scores > threshold, (inside > threshold).sum(axis=(1, 2)) >= 4)
    np.testing.assert_array_equal(nth_largest(maps.reshape(40, -1), 1), maps.max(axis=(1, 2)))


def test_a_region_without_room_is_refused() -> None:
    with pytest.raises(
        PlanError, match="holds the middle of 0 of the map's 4 x 2 cells, and wants 1"
    ) as caught:
        region_cells({"box": [0, 0, 0.1, 1], "min_cells": 1}, 2, 4)
    assert "a cell is 0.25 wide and 0.5 high" in str(caught.value.hint)
    with pytest.raises(PlanError, match=r"the middle of 8 .* wants 9"):
        region_cells({"min_cells": 9}, 2, 4)


def test_good_images_are_drawn_pale_whatever_else_there_is() -> None:
    random = np.random.default_rng(1)
    normal = random.gamma(4, size=(50, 8, 8)).astype(np.float32)
    low, high = map_scale([normal], normal)
    assert np.mean((normal - low) / (high - low) < 0.5) > 0.998
    defects = np.where(random.random((50, 8, 8)) < 0.1, 100, normal).astype(np.float32)
    assert map_scale([normal, defects], normal)[1] == pytest.approx(100)

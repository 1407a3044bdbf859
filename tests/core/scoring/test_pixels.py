"""Pixel AUROC and AUPRO, held to scikit-learn and to a curve that is drawn threshold by threshold; the best F1."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label
from sklearn.metrics import f1_score, roc_auc_score

from edgewright.errors import DataError
from edgewright.scoring import f1_max, pixel_metrics


def overlap_curve(maps, masks):
    """False-positive rate and mean overlap of regions at every threshold, from the highest."""
    regions = []
    for number, mask in enumerate(masks):
        marks, count = label(mask, np.ones((3, 3)))
        regions += [maps[number][marks == region] for region in range(1, count + 1)]
    good = maps[~masks]
    thresholds = np.unique(maps)[::-1]
    x = [0.0, *(np.mean(good >= t) for t in thresholds)]
    y = [0.0, *(np.mean([np.mean(region >= t) for region in regions]) for t in thresholds)]
    return np.array(x), np.array(y)


def area(x, y, limit):
    """Area below a curve of straight lines up to a limit, over the limit."""
    end = int(np.argmax(x >= limit))
    left = (limit - x[end - 1]) / (x[end] - x[end - 1])
    x = np.append(x[:end], limit)
    y = np.append(y[:end], y[end - 1] + left * (y[end] - y[end - 1]))
    return (np.diff(x) * (y[1:] + y[:-1]) / 2).sum() / limit


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6), levels=st.sampled_from([2, 5, 50, 0]), share=st.floats(0.02, 0.6), limit=st.floats(0.01, 1)
)  # fmt: skip
def test_areas_are_those_of_the_curves(seed, levels, share, limit):
    random = np.random.default_rng(seed)
    masks = random.random((3, 6, 7)) < share
    masks[0] = False
    masks[1, :2, :2] = True
    masks[1, 4, 4] = False
    maps = (random.normal(size=masks.shape) + masks).astype(np.float32)
    if levels:
        maps = np.round(maps * levels / 4) - 0.0 * masks  # many ties, some at -0
    maps = maps.astype(np.float32)
    found = pixel_metrics(maps, masks, limits=(limit, 1.0))
    assert found is not None
    assert found.auroc == pytest.approx(roc_auc_score(masks.ravel(), maps.ravel()), abs=1e-9)
    x, y = overlap_curve(maps, masks)
    assert found.aupro[limit] == pytest.approx(area(x, y, limit), abs=1e-9)
    assert found.aupro[1.0] == pytest.approx(area(x, y, 1.0), abs=1e-9)
    assert found.good + found.defective == maps.size
    assert found.regions == sum(label(mask, np.ones((3, 3)))[1] for mask in masks)


def test_one_region_is_the_partial_area_of_scikit_learn():
    random = np.random.default_rng(0)
    masks = np.zeros((3, 20, 20), bool)
    masks[2, 4:9, 3:15] = True
    maps = (random.normal(size=masks.shape) + 1.5 * masks).astype(np.float32)
    found = pixel_metrics(maps, masks, limits=(0.3,))
    assert found is not None
    # McClish's correction, which scikit-learn applies, undone.
    corrected = roc_auc_score(masks.ravel(), maps.ravel(), max_fpr=0.3)
    least, most = 0.3**2 / 2, 0.3
    assert found.aupro[0.3] == pytest.approx((least + (2 * corrected - 1) * (most - least)) / 0.3, abs=1e-9)


def test_a_small_region_counts_as_much_as_a_large_one_and_corners_join():
    masks = np.zeros((2, 8, 8), bool)
    masks[0, :4] = True  # 32 pixels, all found
    masks[1, 0, 0] = masks[1, 1, 1] = True  # one region of two, not found
    maps = np.zeros(masks.shape, np.float32)
    maps[0, :4] = 1
    found = pixel_metrics(maps, masks)
    assert found is not None
    assert found.regions == 2
    assert found.aupro[0.05] == pytest.approx(0.5 + 0.5 * 0.05 / 2)


def test_only_defective_pixels_are_held():
    """Twenty times the good images take no more memory."""

    class Maps:
        def __init__(self, count: int) -> None:
            self.count = count

        def __len__(self) -> int:
            return self.count

        def __iter__(self):
            return (np.random.default_rng(n).random((128, 128), np.float32) for n in range(self.count))

    class Masks(Maps):
        def __iter__(self):
            for number in range(self.count):
                mask = np.zeros((128, 128), bool)
                mask[:10, :10] = number < 2
                yield mask

    peaks = []
    for count in (4, 80):
        tracemalloc.start()
        assert pixel_metrics(Maps(count), Masks(count)) is not None
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_what_cant_be_measured():
    maps, masks = np.zeros((2, 3, 3), np.float32), np.zeros((2, 3, 3), bool)
    assert pixel_metrics(maps, masks) is None
    assert pixel_metrics(maps, ~masks) is None
    masks[0, 0, 0] = True
    with pytest.raises(DataError, match="2 maps for 1 masks"):
        pixel_metrics(maps, masks[:1])
    with pytest.raises(DataError, match=r"map 0 is \(3, 2\), its mask \(3, 3\)"):
        pixel_metrics(maps[:, :, :2], masks)
    maps[1, 2, 2] = np.nan
    with pytest.raises(DataError, match="map 1 has values that aren't finite"):
        pixel_metrics(maps, masks)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30))
def test_no_threshold_gives_a_better_f1(pairs):
    scores, truth = (
        np.array([score for score, _ in pairs], float),
        np.array([abnormal for _, abnormal in pairs]),
    )
    found = f1_max(scores, truth)
    if not truth.any():
        assert found is None
        return
    assert found is not None
    best = max(f1_score(truth, scores >= t) for t in np.unique(scores))
    assert found[0] == pytest.approx(best)
    assert f1_score(truth, scores >= found[1]) == pytest.approx(best)


def test_only_pixels_inside_a_region_count():
    random = np.random.default_rng(3)
    masks = random.random((4, 9, 8)) < 0.2
    maps = (random.normal(size=masks.shape) + masks).astype(np.float32)
    inside = np.zeros((9, 8), bool)
    inside[2:, 3:] = True
    assert pixel_metrics(maps, masks, inside=inside) == pixel_metrics(maps[:, 2:, 3:], masks[:, 2:, 3:])
    inside[2, 3] = False  # no rectangle: what lies there changes nothing
    found = pixel_metrics(maps, masks, inside=inside)
    assert found is not None
    assert found.auroc == pytest.approx(roc_auc_score(masks[:, inside].ravel(), maps[:, inside].ravel()))
    maps[:, 2, 3] = 99
    assert pixel_metrics(maps, masks, inside=inside) == found

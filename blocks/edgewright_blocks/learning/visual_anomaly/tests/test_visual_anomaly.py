"""The block: where an image looks like nothing in the normal ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
from scipy.stats import multivariate_normal

from edgewright_blocks.learning.visual_anomaly import mixture
from edgewright_blocks.learning.visual_anomaly.bank import make_bank
from edgewright_blocks.learning.visual_anomaly.scoring import Scorer
from edgewright_sdk import BlockError, Context, Params, Windows, load_block

from .networks import tiny_backbone

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)
SIDE = 48
SPEC = {"kind": "image", "width": SIDE, "height": SIDE, "channels": 3}
TINY = {"backbone": "tiny.onnx", "taps": ["fine", "coarse"]}


@pytest.fixture(autouse=True)
def granted(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("granted")
    (folder / "tiny.onnx").write_bytes(tiny_backbone())
    monkeypatch.setenv("EDGEWRIGHT_MOUNT_BACKBONE", str(folder))


def textures(count, seed=0):
    random = np.random.default_rng(seed)
    waves = 128 + 60 * np.sin(np.arange(SIDE)[:, None] / 3 + random.uniform(0, 6, (count, 1, 1)))
    noise = random.normal(0, 6, (count, SIDE, SIDE))
    return np.repeat((waves + noise)[..., None], 3, axis=-1).clip(0, 255).astype(np.uint8)


def windows(images, spec=SPEC):
    return Windows(images, spec)


def params(**given):
    return Params.defaults(FOLDER, **{**TINY, **given})


def fit(images, context=None, **given):
    context = context or Context(seed=1)
    return BLOCK.new(context).fit(windows(images), None, params(**given), context)


def score(model, images, **given):
    return BLOCK.new().score(model, windows(images), params(**given))


@pytest.mark.parametrize("scoring", ["patchcore", "gmm"])
def test_a_defect_is_found_where_it_is(scoring):
    given = {"scoring": scoring, "sampling_ratio": 0.1, "taps": ["fine"], "pool_size": 1}
    model = fit(textures(30), **given)
    odd = textures(6, seed=5)
    normal = score(model, odd, **given)
    odd[:3, 8:24, 24:40] = [250, 20, 20]
    found = score(model, odd, **given)
    assert found.scores[:3].min() > 1.5 * max(found.scores[3:].max(), model.train_scores.max())
    np.testing.assert_array_equal(found.scores[3:], normal.scores[3:])
    np.testing.assert_array_equal(found.scores, found.map.reshape(6, -1).max(axis=1))
    rows, columns = found.map.shape[1:]
    for cells in found.map[:3]:
        row, column = np.unravel_index(cells.argmax(), cells.shape)
        assert 8 <= (row + 0.5) * SIDE / rows <= 24
        assert 24 <= (column + 0.5) * SIDE / columns <= 40
    alone = score(model, odd[1:2], **given)
    np.testing.assert_allclose(alone.map[0], found.map[1], rtol=1e-5)


@pytest.mark.parametrize("scoring", ["patchcore", "gmm"])
def test_min_cells_asks_for_so_many_cells_above(scoring):
    given = {"scoring": scoring, "sampling_ratio": 0.1, "taps": ["fine"], "pool_size": 1}
    images = textures(6, seed=5)
    images[:3, 8:24, 24:40] = [250, 20, 20]
    model, any_cell = fit(textures(30), **given, min_cells=3), fit(textures(30), **given)
    found = score(model, images, **given, min_cells=3)
    ranked = np.sort(found.map.reshape(6, -1), axis=1)
    np.testing.assert_array_equal(found.scores, ranked[:, -3])
    limit = np.median(found.scores)
    np.testing.assert_array_equal(found.scores > limit, (found.map > limit).sum(axis=(1, 2)) >= 3)
    ranked = np.sort(model.train_map.reshape(30, -1), axis=1)
    np.testing.assert_array_equal(model.train_scores, ranked[:, -3])
    np.testing.assert_array_equal(any_cell.train_scores, ranked[:, -1])


def test_training_scores_leave_out_the_images_own_cells():
    images = textures(12)
    for folds in (None, np.repeat([0, 1, 2, -1], 3).astype(np.int32)):
        model = fit(images, Context(seed=2, folds=folds), sampling_ratio=0.2)
        arrays = model.arrays
        owner = arrays["sources"][:, 0]
        for image in (0, 4, 11):
            gone = owner == image if folds is None or folds[image] < 0 else folds[owner] == folds[image]
            scored = score_with(model, images[image : image + 1], ~gone)
            assert model.train_scores[image] == pytest.approx(scored, rel=1e-5)
        assert model.train_scores.min() > score(model, images).scores.min()


def score_with(model, images, kept):
    """Largest distance to the nearest of some kept cells, weighted by the neighbourhood in the whole bank, and smoothed."""
    from edgewright_blocks.learning.visual_anomaly.backbone import Backbone

    known = model.meta["backbone"]
    cells = Backbone(known["name"], known["sha256"], model.networks["backbone"]).cells(images)[0]
    flat = cells.reshape(-1, cells.shape[-1])
    bank = make_bank(model.arrays["cells"], kept.astype(np.int32), model.arrays["support"].shape[1])
    found = bank.scores(flat, without=0)[0].reshape(cells.shape[:2])
    kernel = np.outer([1, 6, 1], [1, 6, 1]) / 64
    return float(scipy.ndimage.correlate(found, kernel, mode="nearest").max())


def test_kept_cells_are_those_of_the_images_they_name():
    images = textures(8)
    model = fit(images, sampling_ratio=0.1)
    from edgewright_blocks.learning.visual_anomaly.backbone import Backbone

    network = Backbone("tiny", "", model.networks["backbone"])
    every = network.cells(images)
    image, row, column = model.arrays["sources"].T
    np.testing.assert_array_equal(every[image, row, column], model.arrays["cells"])
    assert len(model.arrays["cells"]) == int(0.1 * every[..., 0].size)

    odd = textures(3, seed=5)
    odd[:, 8:24, 24:40] = 250
    found = score(model, odd, sampling_ratio=0.1)
    places = found.map.reshape(3, -1).argmax(axis=1)
    worst = network.cells(odd).reshape(3, -1, every.shape[-1])[np.arange(3), places]
    away = np.linalg.norm(worst[:, None] - model.arrays["cells"], axis=2)
    named = np.linalg.norm(worst - every[tuple(found.nearest.T)], axis=1)
    np.testing.assert_allclose(named, away.min(axis=1), rtol=1e-6)


def test_the_same_seed_gives_the_same_model_and_another_one_another():
    first, again, other = fit(textures(6)), fit(textures(6)), fit(textures(6), Context(seed=9))
    np.testing.assert_array_equal(first.arrays["cells"], again.arrays["cells"])
    np.testing.assert_array_equal(first.train_scores, again.train_scores)
    assert first.meta == again.meta
    assert not np.array_equal(first.arrays["sources"], other.arrays["sources"])


def test_too_little_memory_merges_and_says_so():
    context = Context(seed=1)
    images = np.tile(textures(48), (1, 4, 4, 1))
    spec = {**SPEC, "width": 4 * SIDE, "height": 4 * SIDE}
    model = BLOCK.new(context).fit(
        Windows(images, spec), None, params(memory_limit=1, sampling_ratio=0.01), context
    )
    assert any("merged and reduced 1 times" in text for text in context.warnings), context.warnings
    assert len(model.arrays["cells"]) == 276
    assert np.isfinite(model.train_scores).all()


def test_one_image_is_learned_from_with_a_warning():
    context = Context()
    model = fit(textures(1), context)
    assert any("give more images" in text for text in context.warnings)
    assert score(model, textures(2, seed=3)).scores.shape == (2,)


@pytest.mark.parametrize(("side", "cells"), [(96, 5), (160, 9), (320, 19)])
def test_the_grid_of_the_mixture(side, cells):
    assert mixture.pooled(np.zeros((1, side // 8, side // 8, 2), np.float32)).shape == (1, cells, cells, 2)


def test_the_mixture_scores_by_unlikelihood():
    cells = np.random.default_rng(0).normal(2, 3, (20, 9, 11, 12)).astype(np.float32)
    basis = mixture.random_basis(12, "low", 0)
    np.testing.assert_allclose(basis.T @ basis, np.eye(8), atol=1e-6)
    learned = mixture.learn(mixture.pooled(cells @ basis), basis, "low", 0)
    z = np.stack(
        [cells[:, r : r + 3, c : c + 3].mean(axis=(1, 2)) for r in range(0, 7, 2) for c in range(0, 9, 2)],
        axis=1,
    )
    z = (z @ basis).reshape(-1, 8)
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    densities = [
        weight * multivariate_normal(mean, np.linalg.inv(root @ root)).pdf(z)
        for weight, mean, root in zip(learned.weights, learned.means, learned.roots, strict=True)
    ]
    surprise = -np.log(np.sum(densities, axis=0))
    expected = (surprise - surprise.mean()) / surprise.std()
    np.testing.assert_allclose(learned.scores(cells).ravel(), expected, rtol=1e-3, atol=1e-3)


def test_training_scores_of_the_mixture_are_of_others_mixtures():
    images = textures(10)
    folds = np.repeat([0, 1], 5).astype(np.int32)
    model = fit(images, Context(seed=2, folds=folds), scoring="gmm")
    half = fit(images[5:], Context(seed=2), scoring="gmm")
    np.testing.assert_allclose(model.train_scores[:5], score(half, images[:5]).scores, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("spec", "given", "message"),
    [
        ({"kind": "time-series", "length": 4, "axes": ["x"], "frequency": 1.0}, {}, "looks at images, not at windows of kind 'time-series'"),
        ({**SPEC, "channels": 2}, {}, "images have 2 channels; allowed: 3"),
        ({**SPEC, "width": 16}, {}, "images are 16 x 48; allowed: 32 to 1024"),
        (SPEC, {"backbone": "../tiny.onnx"}, "backbone is '../tiny.onnx'; allowed: efficientnet-lite0, or the name"),
        (SPEC, {"backbone": "missing.onnx"}, "missing.onnx can't be read"),
        (SPEC, {"min_cells": 37}, "min-cells is 37, and images of 48 x 48 have 36 cells"),
        (SPEC, {"taps": ["gone"]}, "tiny.onnx has no value 'gone'"),
        (SPEC, {"backbone": "efficientnet-lite0"}, "taps are for an ONNX file of yours"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_before_anything_runs(spec, given, message):
    with pytest.raises(BlockError, match=message):
        BLOCK.new().describe(spec, params(**given))


def test_images_of_another_size_are_refused():
    model = fit(textures(3))
    with pytest.raises(BlockError, match="the images are 64 x 48; the model has learned from 48 x 48"):
        BLOCK.new().score(model, Windows(np.zeros((1, 48, 64, 3), np.uint8), {**SPEC, "width": 64}), params())


@pytest.mark.parametrize("scoring", ["patchcore", "gmm"])
def test_threads_change_no_score(scoring):
    model, images = fit(textures(12), scoring=scoring, taps=["fine"]), textures(5, seed=6)
    alone, together = (Scorer(model, threads)(images) for threads in (1, 3))
    np.testing.assert_allclose(together[0], alone[0], rtol=1e-5)
    np.testing.assert_allclose(Scorer(model, 3)(images[:1])[0], alone[0][:1], rtol=1e-5)
    assert (alone[1] is None) == (scoring == "gmm")
    if scoring == "patchcore":
        np.testing.assert_array_equal(together[1], alone[1])

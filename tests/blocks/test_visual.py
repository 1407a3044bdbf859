"""PatchCore without an impulse, and maps to look at."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from edgewright.data.resize import resize
from edgewright_blocks.visual import PatchCore, PercentileNormalizer, anomaly_map_overlay, view_results

_TINY = Path(__file__).parents[2] / "blocks/edgewright_blocks/learning/visual_anomaly/tests/networks.py"
SIDE = 48


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("tiny_networks", _TINY)
    networks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(networks)
    path = tmp_path_factory.mktemp("tiny") / "tiny.onnx"
    path.write_bytes(networks.tiny_backbone())
    return path


def textures(count, seed=0, side=SIDE):
    random = np.random.default_rng(seed)
    waves = 128 + 60 * np.sin(np.arange(side)[:, None] / 3 + random.uniform(0, 6, (count, 1, 1)))
    return (waves + random.normal(0, 6, (count, side, side))).clip(0, 255).astype(np.uint8)


def detector(backbone, **given):
    return PatchCore(backbone=backbone, taps=["fine"], pool_size=1, sampling_ratio=0.2, **given)


@pytest.fixture(scope="module")
def trained(backbone):
    return detector(backbone).fit(textures(20))


def odd_and_normal():
    images = textures(6, seed=4)
    images[:2, 8:24, 24:40] = 255
    return images


def test_odd_images_are_told_from_normal_ones_and_shown(trained):
    found = trained.predict(odd_and_normal())
    assert trained.classify(odd_and_normal()).tolist() == [True, True, False, False, False, False]
    assert not trained.classify(odd_and_normal(), threshold=1e9).any()
    assert found.cells.shape == (6, 6, 6)
    assert found.nearest.shape == (6, 6, 6, 3)
    assert found.nearest[..., 0].max() < 20
    np.testing.assert_array_equal(found.scores, found.cells.max(axis=(1, 2)))
    np.testing.assert_allclose(found.means, found.cells.mean(axis=(1, 2)), rtol=1e-6)
    row, column = np.unravel_index(found.maps[0].argmax(), found.maps[0].shape)
    assert found.maps[0].shape == (SIDE, SIDE)
    assert 8 <= row < 24
    assert 24 <= column < 40

    sheet = view_results(odd_and_normal(), found, threshold=trained.threshold_, columns=3, side=60)
    assert sheet.size == (180, 2 * 76)
    red = np.asarray(sheet)[:76, :60].reshape(-1, 3)
    assert ((red == [255, 0, 0]).all(axis=1)).any()  # the worst comes first, framed


def test_one_image_gives_scores_but_no_threshold(backbone):
    single = detector(backbone).fit(textures(1))
    assert np.isnan(single.threshold_)
    with pytest.raises(ValueError, match="one image leaves none to hold out"):
        single.classify(odd_and_normal())
    limit = np.median(single.predict(odd_and_normal()).scores)
    assert single.classify(odd_and_normal(), threshold=limit).sum() == 3
    assert np.isfinite(single.add(textures(10, seed=1)).threshold_)


def test_a_saved_model_scores_the_same(trained, tmp_path):
    trained.save(tmp_path / "model")
    again = PatchCore.load(tmp_path / "model")
    assert again.threshold_ == trained.threshold_
    assert again.normalizer_.bounds_ == trained.normalizer_.bounds_
    calm = trained.normalizer_.transform(np.stack([trained.predict(textures(6, seed=4)).cells]))
    assert np.mean(calm < 0.5) > 0.98
    np.testing.assert_array_equal(
        again.predict(odd_and_normal()).cells, trained.predict(odd_and_normal()).cells
    )


def test_images_are_added_without_starting_over(backbone):
    first, second = textures(10), 255 - textures(10, seed=1) // 2
    grown = detector(backbone).fit(first)
    before, unknown = grown.model_.arrays["cells"], grown.predict(second).scores
    grown.add(second)
    np.testing.assert_array_equal(grown.model_.arrays["cells"][: len(before)], before)
    assert len(grown.model_.arrays["cells"]) == 2 * len(before)
    assert len(grown.held_out_) == 20
    assert grown.predict(second).scores.max() < unknown.min()
    whole = detector(backbone).fit(np.concatenate([first, second]))
    test = np.concatenate([textures(5, seed=7), 255 - textures(5, seed=8) // 2])
    assert grown.predict(test).scores.max() < 1.5 * whole.predict(test).scores.max()
    image, row, column = grown.model_.arrays["sources"][-1]
    assert image >= 10
    assert grown.predict(second).nearest[image - 10, row, column].tolist() == [image, row, column]


def test_images_of_one_thing_do_not_vouch_for_each_other(backbone):
    first = textures(8)
    again = (first + np.random.default_rng(1).integers(-1, 2, first.shape)).clip(0, 255).astype(np.uint8)
    images, things = np.concatenate([first, again]), [f"plate {n}" for n in range(8)] * 2
    alone, together = (detector(backbone).fit(images, groups).held_out_ for groups in (None, things))
    np.testing.assert_array_equal(alone, detector(backbone).fit(images, range(16)).held_out_)
    assert (
        together > 0.98 * alone
    ).all()  # never nearer; among fewer cells a distance may weigh a little less
    assert together.mean() > 1.1 * alone.mean()
    with pytest.raises(ValueError, match="16 images and 8 groups"):
        detector(backbone).fit(images, things[:8])


def test_other_sizes_are_resized_with_a_warning_or_refused(backbone, trained):
    larger = textures(1, seed=3, side=2 * SIDE)
    with pytest.raises(
        ValueError, match="an image is 96 x 96; the model sees 48 x 48: give such images, or resize="
    ):
        trained.predict(larger)
    able = detector(backbone, resize=resize, size=(SIDE, SIDE)).fit(textures(5, side=96))
    assert able.predict(larger).maps[0].shape == (96, 96)
    with pytest.warns(UserWarning, match="its proportions change"):
        able.predict(larger[:, :50])
    able.strict_size = True
    with pytest.raises(ValueError, match="an image is 96 x 96"):
        able.predict(larger)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "there are no images"),
        ([np.zeros((SIDE, SIDE))], "image 0 is float64"),
        ([np.zeros((SIDE, SIDE, 4), np.uint8)], r"image 0 is uint8 \(48, 48, 4\)"),
        ([np.zeros((8, 8), np.uint8)], "images are 8 x 8|can't be run|grid|32 to 1024"),
    ],
)
def test_what_is_no_image_is_refused(backbone, images, message):
    with pytest.raises(ValueError, match=message):
        detector(backbone).fit(images)


def test_maps_are_scaled_alike_and_laid_over():
    maps = np.linspace(0, 10, 101, dtype=np.float32).reshape(1, 101, 1)
    scale = PercentileNormalizer(low=10, high=90).fit(maps)
    assert scale.bounds_ == pytest.approx((1, 9))
    np.testing.assert_allclose(scale.transform(np.float32([-5, 1, 5, 9, 50])), [0, 0, 0.5, 1, 1], atol=1e-6)
    grey = np.full((2, 2), 100, np.uint8)
    laid = anomaly_map_overlay(grey, np.float32([[0, 1], [0.5, 7]]), opacity=1.0)
    assert laid[0, 0].tolist() == [100, 100, 100]  # nothing is laid over what is normal
    assert laid[0, 1].tolist() == laid[1, 1].tolist() == [128, 0, 0]
    with pytest.raises(ValueError, match="scores are 7 to 9: give a fitted normalizer"):
        anomaly_map_overlay(grey, np.float32([[7, 8], [9, 9]]))
    with pytest.raises(ValueError, match="low is 99, high 1"):
        PercentileNormalizer(99, 1)


@pytest.mark.parametrize("given", [{"neighbours": 0}, {"sampling_ratio": 5}, {"pool_size": 2}, {"fpr": 2}])
def test_parameters_that_the_spec_does_not_allow_are_refused(given):
    with pytest.raises(ValueError, match=next(iter(given))):
        PatchCore(**given)


def test_one_image_is_no_batch():
    with pytest.raises(ValueError, match="is one image: give a list"):
        view_results(np.zeros((8, 8, 3), np.uint8), None)

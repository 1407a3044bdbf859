"""The resize: against its definition pixel by pixel, and what follows from it."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edgewright.data.resize import Box, boxes, from_rgb565, resize, taps, to_channels
from edgewright.errors import UsageError

SIDES = st.integers(1, 40)


def pictures(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def weights_by_definition(size: int, target: int, out: int) -> dict[int, int]:
    """Weights of one value, with exact fractions and a loop."""
    if target >= size:
        position = Fraction((2 * out + 1) * size - target, 2 * target)
        position = min(max(position, Fraction(0)), Fraction(size - 1))
        second = floor((position - floor(position)) * 65536 + Fraction(1, 2))
        return {floor(position): 65536 - second, **({floor(position) + 1: second} if second else {})}
    found, cumulated, before = {}, 0, 0
    for place in range(size):
        cumulated += max(0, min((place + 1) * target, (out + 1) * size) - max(place * target, out * size))
        now = (cumulated * 65536 + size // 2) // size
        if now > before:
            found[place] = now - before
        before = now
    return found


@settings(max_examples=100, deadline=None)
@given(size=SIDES, target=SIDES)
@example(size=300, target=7)
@example(size=7, target=300)
def test_weights_are_those_of_the_definition(size: int, target: int) -> None:
    places, weights = taps(size, target)
    assert (weights.sum(axis=1) == 65536).all()
    for out in range(target):
        found: dict[int, int] = {}
        for place, weight in zip(places[out].tolist(), weights[out].tolist(), strict=True):
            if weight:
                found[place] = found.get(place, 0) + weight
        assert found == weights_by_definition(size, target, out)


@pytest.mark.parametrize(("size", "target"), [(32767, 1), (32767, 32766), (1, 32767), (32766, 32767)])
def test_weights_of_the_largest_sides_sum_to_one(size: int, target: int) -> None:
    places, weights = taps(size, target)
    assert (weights.sum(axis=1, dtype=np.int64) == 65536).all()
    assert places.min() >= 0
    assert places.max() < size


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    to_height=st.integers(1, 12),
    to_width=st.integers(1, 12),
    seed=st.integers(0, 99),
)
def test_pixels_are_those_of_the_definition(
    height: int, width: int, to_height: int, to_width: int, seed: int
) -> None:
    picture = pictures(height, width, 1, seed=seed)
    rows = np.empty((height, to_width), int)
    for y in range(height):
        for x in range(to_width):
            total = sum(
                w * int(picture[y, i, 0]) for i, w in weights_by_definition(width, to_width, x).items()
            )
            rows[y, x] = (total + 32768) >> 16
    expected = np.empty((to_height, to_width), int)
    for y in range(to_height):
        for x in range(to_width):
            total = sum(w * rows[i, x] for i, w in weights_by_definition(height, to_height, y).items())
            expected[y, x] = (total + 32768) >> 16
    np.testing.assert_array_equal(resize(picture, width=to_width, height=to_height)[:, :, 0], expected)


@pytest.mark.parametrize("fit", ["squash", "fit-shortest", "fit-longest"])
def test_the_same_size_changes_nothing(fit: str) -> None:
    picture = pictures(31, 47, 3)
    np.testing.assert_array_equal(resize(picture, width=47, height=31, fit=fit), picture)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0, 1, 127, 254, 255])
def test_one_colour_stays_that_colour(value: int) -> None:
    picture = np.full((37, 91, 3), value, np.uint8)
    for width, height in [(5, 7), (91, 200), (300, 3)]:
        for channels in (1, 3):
            assert set(np.unique(resize(picture, width=width, height=height, channels=channels))) == {value}


def test_half_the_size_is_the_mean_of_four() -> None:
    picture = np.array([[[10], [20], [0], [255]], [[30], [40], [255], [0]]], np.uint8)
    assert resize(picture, width=2, height=1)[..., 0].tolist() == [[25, 128]]


def test_twice_the_size_lies_between() -> None:
    picture = np.array([[[0], [100]]], np.uint8)
    assert resize(picture, width=4, height=1)[..., 0].tolist() == [[0, 25, 75, 100]]


def test_a_mirrored_picture_gives_a_mirrored_result_within_one() -> None:
    # Exactly mirrored weights would need sums that don't round; one step of 255 is what the rounding may differ.
    picture = pictures(50, 70, 3)
    there = resize(picture, width=32, height=32).astype(int)
    back = resize(picture[:, ::-1], width=32, height=32)[:, ::-1].astype(int)
    assert np.abs(there - back).max() <= 1


@pytest.mark.parametrize(
    ("fit", "sizes", "source", "target"),
    [
        ("squash", (640, 480, 96, 96), (0, 0, 640, 480), (0, 0, 96, 96)),
        ("fit-shortest", (640, 480, 96, 96), (80, 0, 480, 480), (0, 0, 96, 96)),
        ("fit-shortest", (480, 640, 96, 96), (0, 80, 480, 480), (0, 0, 96, 96)),
        ("fit-shortest", (101, 3, 2, 1), (47, 0, 6, 3), (0, 0, 2, 1)),
        ("fit-shortest", (3, 200, 300, 1), (0, 99, 3, 1), (0, 0, 300, 1)),
        ("fit-longest", (640, 480, 96, 96), (0, 0, 640, 480), (0, 12, 96, 72)),
        ("fit-longest", (480, 640, 96, 96), (0, 0, 480, 640), (12, 0, 72, 96)),
        ("fit-longest", (1000, 1, 10, 10), (0, 0, 1000, 1), (0, 4, 10, 1)),
        ("fit-longest", (4, 3, 2, 2), (0, 0, 4, 3), (0, 0, 2, 2)),
    ],
)
def test_boxes(fit: str, sizes: tuple[int, ...], source: tuple[int, ...], target: tuple[int, ...]) -> None:
    assert boxes(*sizes, fit=fit) == (Box(*source), Box(*target))  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(sizes=st.tuples(*[st.integers(1, 32767)] * 4), fit=st.sampled_from(["fit-shortest", "fit-longest"]))
def test_boxes_lie_inside_and_fill_one_side(sizes: tuple[int, int, int, int], fit: str) -> None:
    source, target = boxes(*sizes, fit=fit)  # type: ignore[arg-type]
    for box, (width, height) in ((source, sizes[:2]), (target, sizes[2:])):
        assert min(box.left, box.top) >= 0
        assert min(box.width, box.height) >= 1
        assert box.left + box.width <= width
        assert box.top + box.height <= height
        assert box.width == width or box.height == height


def test_fit_longest_puts_zeros_beside_the_picture() -> None:
    out = resize(np.full((4, 8, 3), 200, np.uint8), width=8, height=8, fit="fit-longest")
    assert (out[2:6] == 200).all()
    assert not out[:2].any()
    assert not out[6:].any()


def test_fit_shortest_is_the_middle_squashed() -> None:
    picture = pictures(48, 64, 3)
    out = resize(picture, width=20, height=20, fit="fit-shortest")
    np.testing.assert_array_equal(out, resize(picture[:, 8:56], width=20, height=20))


def test_a_batch_is_its_pictures() -> None:
    batch = pictures(5, 60, 80, 3)
    whole = resize(batch, width=32, height=24, channels=1, fit="fit-longest")
    assert whole.shape == (5, 24, 32, 1)
    for picture, out in zip(batch, whole, strict=True):
        np.testing.assert_array_equal(
            resize(picture, width=32, height=24, channels=1, fit="fit-longest"), out
        )
    assert resize(batch[:0], width=3, height=2).shape == (0, 2, 3, 3)


def test_channels() -> None:
    corners = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)
    assert to_channels(corners, 1)[0, :, 0].tolist() == [76, 150, 29, 255]
    assert to_channels(np.array([[[7]]], np.uint8), 3).tolist() == [[[7, 7, 7]]]
    every = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    np.testing.assert_array_equal(to_channels(every, 1)[:, 0], np.arange(256))  # grey stays what it is


def test_rgb565_fills_the_whole_range() -> None:
    values = np.array([0, 0xFFFF, 0xF800, 0x07E0, 0x001F, 0x8410], np.uint16)
    assert from_rgb565(values).tolist() == [
        [0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [132, 130, 132],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": np.zeros((4, 4, 3), np.float32)}, "images are float32"),
        ({"images": np.zeros((4, 4, 4), np.uint8)}, r"shape \(4, 4, 4\)"),
        ({"images": np.zeros((4, 4), np.uint8)}, r"shape \(4, 4\)"),
        ({"images": np.zeros((0, 4, 3), np.uint8)}, "an image's height is 0"),
        ({"width": 0}, "width is 0; allowed: 1 to 32767"),
        ({"height": 32768}, "height is 32768"),
        ({"channels": 2}, "channels is 2; allowed: 3"),
        ({"fit": "stretch"}, "allowed: squash, fit-shortest, fit-longest"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    given = {"images": np.zeros((4, 4, 3), np.uint8), "width": 2, "height": 2} | change
    with pytest.raises(UsageError, match=message):
        resize(given.pop("images"), **given)  # type: ignore[arg-type]

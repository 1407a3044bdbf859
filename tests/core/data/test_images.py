"""Images as data: decoding, MVTec's trees, lists, masks, items, and what a user is warned of."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from edgewright.cli.app import run as command
from edgewright.data import describe
from edgewright.data.image_checks import image_document, other_sizes
from edgewright.data.leakage import leakage_of
from edgewright.data.listing import list_files
from edgewright.data.masks import resize_mask
from edgewright.data.narrowing import narrowed_new
from edgewright.data.readers.base import BadFileError
from edgewright.data.readers.image import ImageReader
from edgewright.data.resize import boxes, resize
from edgewright.data.windowing import windows
from edgewright.errors import DataError
from edgewright_specs.impulse import DataSpec

from .image_folders import crack, mvtec, save, texture

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright.data.resize import Fit

    from .conftest import Outcome

    Run = Callable[..., Outcome]

INPUT = {"kind": "image", "width": 12, "height": 8}
RGB = texture(1)
GREY = RGB[:, :, 0]


def picture(path: Path) -> Any:
    return ImageReader().picture(path, {})


@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "tiff", "webp"])
def test_formats_without_loss_give_the_pixels(tmp_path: Path, ending: str) -> None:
    path = save(tmp_path / f"a.{ending}", RGB, **({"lossless": True} if ending == "webp" else {}))
    assert ImageReader().detect(path)
    np.testing.assert_array_equal(picture(path).pixels, RGB)


def test_modes_become_8_bits_of_grey_or_rgb(tmp_path: Path) -> None:
    def after(image: Image.Image, name: str = "a.png", **options: Any) -> Any:
        image.save(tmp_path / name, **options)
        return picture(tmp_path / name)

    np.testing.assert_array_equal(after(Image.fromarray(GREY)).pixels, GREY[:, :, None])
    palette = Image.fromarray(RGB // 64 * 64).quantize(64)
    np.testing.assert_array_equal(after(palette).pixels, np.asarray(palette.convert("RGB")))
    deep = (GREY.astype(np.uint16) << 8) + 200
    for name in ("deep.png", "deep.tif"):
        np.testing.assert_array_equal(after(Image.fromarray(deep), name).pixels, GREY[:, :, None])
    bits = after(Image.fromarray(GREY > 100), "bits.png").pixels
    np.testing.assert_array_equal(bits[:, :, 0], np.where(GREY > 100, 255, 0))
    ink = Image.fromarray(RGB).convert("CMYK")
    assert after(ink, "ink.jpg").pixels.shape == RGB.shape
    turned = Image.fromarray(np.rot90(RGB))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90°: its pixels lie on their side
    upright = after(turned, "turned.png", exif=exif)
    np.testing.assert_array_equal(upright.pixels, RGB)
    (header,) = ImageReader().recordings(tmp_path / "turned.png", {})
    assert (header.metadata["width"], header.metadata["height"]) == (24, 16)


def test_alpha_is_left_out_and_told_where_it_shows(tmp_path: Path) -> None:
    for alpha, remarks in ((255, 0), (7, 1)):
        four = np.dstack([RGB, np.full_like(GREY, alpha)])
        found = picture(save(tmp_path / "a.png", four))
        np.testing.assert_array_equal(found.pixels, RGB)
        assert len(found.remarks) == remarks
    assert "alpha is left out" in found.remarks[0]


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.png", RGB).read_bytes()
    for name, content, message in (
        ("cut.png", whole[:200], "truncated"),
        ("none.jpg", b"no image at all", "no known format"),
        ("empty.png", b"", "no known format"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadFileError, match=message):
            picture(tmp_path / name)
    Image.fromarray(GREY.astype(np.float32)).save(tmp_path / "real.tif")
    with pytest.raises(BadFileError, match="floating point"):
        picture(tmp_path / "real.tif")
    Image.fromarray(GREY.astype(np.int32) * 1000).save(tmp_path / "wide.tif")
    with pytest.raises(BadFileError, match="up to 16 bits"):
        picture(tmp_path / "wide.tif")


def test_a_tree_of_mvtec_with_masks(tmp_path: Path, run: Run) -> None:
    mvtec(tmp_path / "data")
    save(tmp_path / "data/ground_truth/crack/077_mask.png", GREY)
    done = run(tmp_path / "data", input=INPUT)
    samples = done.json("samples.json")
    assert {sample["split"] for sample in samples if sample["file"].startswith("train/")} == {"training"}
    assert {(s["label"], s["normal"], s["split"]) for s in samples if s["file"].startswith("test/")} == {
        ("good", True, "test"), ("crack", False, "test"),
    }  # fmt: skip
    assert done.signal.shape == (20, 8, 12, 3)
    assert done.signal.dtype == np.uint8
    masks = np.load(done.out / "masks.npy")
    for sample in samples:
        pixels = np.asarray(Image.open(tmp_path / "data" / sample["file"]))
        np.testing.assert_array_equal(done.signal[sample["offset"]], resize(pixels, width=12, height=8))
        if sample["label"] == "good":
            assert sample["mask"] is None
        else:
            _, mask = crack(200 + int(sample["file"][-7:-4]))
            wanted = resize_mask(mask > 0, width=12, height=8, fit="squash")
            np.testing.assert_array_equal(masks[sample["mask"]], wanted)
    info = done.json("windows.json")
    assert (info["kind"], info["width"], info["height"], info["channels"], info["resize"]) == (
        "image", 12, 8, 3, "squash",
    )  # fmt: skip
    cut = windows(done.signal, done.table, slice(*info["splits"]["test"]), info["length"])
    assert cut.shape == (8, 8, 12, 3)
    assert any("077_mask.png: a mask without its image" in warning for warning in done.read.warnings)
    assert any("24 × 16 (20) pixels" in line for line in done.read.lines)


@pytest.mark.parametrize("fit", ["squash", "fit-shortest", "fit-longest"])
def test_a_mask_covers_what_its_image_does(fit: Fit) -> None:
    random = np.random.default_rng(3)
    for _ in range(15):
        h, w, height, width = (int(side) for side in random.integers(1, 20, 4))
        mask = random.random((h, w)) < 0.2
        found = resize_mask(mask, width=width, height=height, fit=fit)
        source, target = boxes(w, h, width, height, fit)
        wanted = np.zeros((height, width), bool)
        for y in range(target.height):
            for x in range(target.width):
                rows = covered(y, source.height, target.height) + source.top
                columns = covered(x, source.width, target.width) + source.left
                wanted[target.top + y, target.left + x] = mask[np.ix_(rows, columns)].any()
        np.testing.assert_array_equal(found, wanted)


def covered(place: int, size: int, target: int) -> Any:
    """The pixels that a value touches when shrinking, the nearest one otherwise."""
    if target >= size:
        return np.array([int((place + 0.5) * size / target)])
    return np.array(
        [i for i in range(size) if i + 1 > place * size / target and i < (place + 1) * size / target]
    )


def test_lists_of_paths_and_labels(tmp_path: Path, run: Run) -> None:
    rows = []
    for number in range(6):
        save(tmp_path / f"candle/{number}.JPG", texture(number), format="PNG")
        rows.append(["candle", "train", "normal", f"candle/{number}.JPG", ""])
    pixels, mask = crack(9)
    save(tmp_path / "candle/bad/0.png", pixels)
    save(tmp_path / "elsewhere/m.png", mask)
    rows.append(["candle", "test", "anomaly", "candle/bad/0.png", "elsewhere/m.png"])
    rows.append(["candle", "test", "normal", "candle/0.JPG", ""])

    def write(lines: list[list[str]]) -> Path:
        path = tmp_path / "split.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["object", "split", "label", "image", "mask"], *lines])
        return path

    with pytest.raises(DataError, match=r"split.csv:9: candle/0.JPG is listed twice"):
        run(write(rows), input=INPUT)
    rows.pop()
    done = run(write(rows), input=INPUT)
    samples = done.json("samples.json")
    assert [(s["file"], s["label"], s["split"], s["metadata"]["item"]) for s in samples[-2:]] == [
        ("candle/5.JPG", "normal", "training", "candle"), ("candle/bad/0.png", "anomaly", "test", "candle"),
    ]  # fmt: skip
    assert np.load(done.out / "masks.npy").shape == (1, 8, 12)
    rows.append(["candle", "test", "normal", "gone.png", ""])
    with pytest.raises(DataError, match=r"there is no file gone.png"):
        run(write(rows), input=INPUT)


def test_what_a_user_is_warned_of(tmp_path: Path, run: Run) -> None:
    for number in range(8):
        save(tmp_path / f"data/normal/{'ab'[number % 2]}/{number}.png", texture(number))
        save(tmp_path / f"data/abnormal/{number}.png", texture(50 + number)[:, :8])
    save(tmp_path / "data/normal/a/copy.png", texture(0))
    (tmp_path / "data/normal/b/broken.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match=r"normal/b/broken.png: can't be read as an image"):
        run(tmp_path / "data", input=INPUT)
    done = run(
        tmp_path / "data", {"skip_bad": True}, INPUT | {"width": 24, "height": 16, "channels": "grayscale"}
    )
    assert done.signal.shape == (17, 16, 24, 1)
    warnings = "\n".join([*done.read.warnings, *done.index.warnings])  # type: ignore[union-attr]
    assert "skipped" in warnings
    assert "normal images of 2 items: a (5), b (4)" in warnings
    assert "8 image(s) have other proportions (8 × 16, …)" in warnings
    assert "8 image(s) are smaller than 24 × 16" in warnings
    assert "1 sample(s) are exact copies of another (copies stay in one split)" in warnings
    with pytest.raises(DataError, match=r"holds images, and input.kind is time-series"):
        run(tmp_path / "data")


def test_a_mask_that_does_not_fit_its_image(tmp_path: Path, run: Run) -> None:
    mvtec(tmp_path / "data")
    save(tmp_path / "data/ground_truth/crack/000_mask.png", GREY[:8])
    with pytest.raises(DataError, match=r"test/crack/000.png: is 24 × 16 pixels, and its mask .* 24 × 8"):
        run(tmp_path / "data", input=INPUT)
    with pytest.raises(DataError, match="holds only masks"):
        run(tmp_path / "data/ground_truth/..", {"options": {"folders": {"masks": "ground_truth"}}}, INPUT)


def test_near_duplicates_and_light_across_splits(tmp_path: Path, run: Run) -> None:
    mvtec(tmp_path / "data")
    done = run(tmp_path / "data", input=INPUT | {"width": 24, "height": 16})
    assert leakage_of(done.out, done.out)["warnings"] == []
    noise = np.random.default_rng(0).integers(-2, 3, RGB.shape)
    save(tmp_path / "data/test/good/again.png", np.clip(texture(3) + noise, 0, 255).astype(np.uint8))
    for number in range(3):
        save(tmp_path / f"data/test/good/{number:03}.png", texture(100 + number, light=40))
    done = run(tmp_path / "data", input=INPUT | {"width": 24, "height": 16})
    found = leakage_of(done.out, done.out)
    assert [[side["recording"] for side in pair["sides"]] for pair in found["pairs"]] == [
        ["train/good/003", "test/good/again"]
    ]
    assert [warning.partition(":")[0] for warning in found["warnings"]] == [
        "near-duplicate images on both sides of the split",
        "normal images of test are lighter than those of training",
    ]
    black = image_document(
        np.zeros((40, 8, 8, 1), np.uint8),
        done.table[:4],
        {"training": [0, 2], "test": [2, 4]},
        done.json("samples.json"),
    )
    assert black["warnings"] == []  # plain areas are like any plain area


def test_import_copies_bytes_and_show_tells_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mvtec(tmp_path / "data")
    out = tmp_path / "out"
    assert command(["data", "import", str(tmp_path / "data"), "-o", str(out)]) == 0
    for copy, original in (
        ("training/good/003.png", "train/good/003.png"),
        ("test/crack/001.png", "test/crack/001.png"),
        ("ground_truth/crack/001_mask.png", "ground_truth/crack/001_mask.png"),
    ):
        assert (out / copy).read_bytes() == (tmp_path / "data" / original).read_bytes()
    found = describe(out)
    assert (found.samples, found.masks, found.sizes) == (20, 4, ((24, 16, 20),))
    folders = ["--normal", str(tmp_path / "data/train/good"), "--abnormal", str(tmp_path / "data/test/crack")]
    two = tmp_path / "two"
    assert command(["data", "import", *folders, "-o", str(two)]) == 0
    assert {path.parent.name for path in two.rglob("*.png")} == {"normal", "abnormal"}
    (two / "normal/zz.png").write_bytes(b"cut")
    capsys.readouterr()
    assert command(["data", "show", str(two)]) == 1
    printed = capsys.readouterr().out
    assert "16 images" in printed
    assert "24 × 16 (16)" in printed
    assert "bad file" in printed


def sized(*sizes: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        {"name": f"i{number}", "metadata": {"width": width, "height": height}}
        for number, (width, height) in enumerate(sizes)
    ]


def test_new_images_of_other_sizes_are_reported_or_refused() -> None:
    known = sized((640, 480), (320, 240))
    new = sized((640, 480), (1280, 960), (1280, 960), (480, 640))
    assert other_sizes(sized((320, 240)), known, (96, 72), strict=True) == []
    assert other_sizes(new, known, (96, 72), strict=False) == [
        "i3 is 480 × 640: the run has seen no image of such proportions",
        "2 image(s) of 1280 × 960, a size that was not learned from, are brought to 96 × 72",
    ]
    with pytest.raises(
        DataError, match=r"i1 is 1280 × 960, and strict-size allows only .* 320 × 240, 640 × 480"
    ):
        other_sizes(new, known, (96, 72), strict=True)


def test_masks_beside_two_folders_are_found_by_the_names_of_these(tmp_path: Path, run: Run) -> None:
    save(tmp_path / "fine/0.png", texture(0))
    pixels, mask = crack(1)
    save(tmp_path / "scratched/0.png", pixels)
    save(tmp_path / "ground_truth/scratched/0_mask.png", mask)
    save(tmp_path / "ground_truth/another_set/0_mask.png", mask)
    found = run(tmp_path, {"options": {"folders": {"normal": "fine", "abnormal": "scratched"}}}, INPUT)
    read = found.json("recordings.json")
    assert {one["file"]: one["mask"] for one in read["samples"]} == {
        "normal/0.png": None,
        "abnormal/0.png": 0,
    }
    assert not any("without its image" in line for line in read["warnings"])
    (tmp_path / "ground_truth/scratched/1_mask.png").symlink_to("nowhere.png")
    found = run(tmp_path, {"options": {"folders": {"normal": "fine", "abnormal": "scratched"}}}, INPUT)
    assert any("ground_truth/abnormal/1_mask.png" in line for line in found.json("recordings.json")["lines"])
    for wrong in (None, {"a": "fine"}, [["fine"]]):
        with pytest.raises(DataError, match="a list of folders"):
            run(tmp_path, {"options": {"folders": {"normal": wrong}}}, INPUT)


def test_links_and_names_that_lead_astray(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        save(tmp_path / f"data/normal/{number}.png", texture(number))
    save(tmp_path / "data/abnormal/0.png", crack(9)[0])
    normal = tmp_path / "data/normal"
    (normal / "linked.png").symlink_to("0.png")
    (normal / "gone.png").symlink_to("nowhere.png")
    (normal / "up").symlink_to("..")  # leads to the abnormal ones
    words = ["init", "--normal", str(normal), "--abnormal", str(tmp_path / "data/abnormal")]
    assert command([*words, "-o", str(tmp_path / "impulse.yaml")]) == 0
    assert "1 file(s) are no images that can be read: normal/gone.png" in capsys.readouterr().err
    assert command(["data", "show", str(tmp_path / "impulse.yaml"), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {label["label"]: label["samples"] for label in shown["labels"]} == {"normal": 4, "abnormal": 1}
    assert command(["init", "--normal", str(tmp_path / "data"), "--abnormal", str(normal)]) == 2
    assert "one holds the other" in capsys.readouterr().err
    Path(os.fsdecode(os.fsencode(normal) + b"/\xff.png")).write_bytes(b"")
    assert command(["data", "show", str(normal)]) == 2
    assert "the name isn't UTF-8" in capsys.readouterr().err


def test_data_of_an_impulse_are_shown_as_it_sees_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for item, label in (("a", "fine"), ("b", "fine"), ("a", "odd"), ("b", "odd")):
        save(tmp_path / f"data/{label}/{item}/0.png", texture(ord(item) + len(label)))
    text = "version: 1\nname: x\ndata: {path: data, normal: [fine], where: {item: a}}\ninput: {kind: image, width: 24, height: 16}\n"
    learning = "learning: [{id: cells, block: visual_anomaly, input: [input]}]\n"
    (tmp_path / "impulse.yaml").write_text(text + learning)
    assert command(["data", "show", str(tmp_path / "impulse.yaml"), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {label["label"]: (label["samples"], label["normal"]) for label in shown["labels"]} == {
        "fine": (1, True),
        "odd": (1, False),
    }
    assert command(["data", "show", str(tmp_path / "impulse.yaml"), "--reader", "csv"]) == 2
    assert "names its own" in capsys.readouterr().err
    assert command(["data", "import", str(tmp_path / "data"), "-o", str(tmp_path / "copied")]) == 0
    assert "wrote 4 images to" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("where", "kept", "told"),
    [
        ({"item": "a"}, 4, "2 file(s) are left out: this run is of item 'a', and they of b (2)"),
        ({"item": "c"}, 6, "no file is: a (4), b (2). They are scored all the same"),
        ({"camera": "1"}, 6, None),
    ],
)
def test_new_images_of_another_item_are_left_out(
    tmp_path: Path, where: dict[str, str], kept: int, told: str | None
) -> None:
    """By their metadata, and by folders where these were taken for labels."""
    for item, count in (("a", 2), ("b", 1)):
        for number in range(count):
            for label in ("good", "bad"):
                save(tmp_path / f"tree/{label}/{item}/{number}.png", texture(number))
                save(tmp_path / f"plain/{item}/{label}{number}.png", texture(number))
    readers = [ImageReader()]
    for folder in ("tree", "plain"):
        data = DataSpec(path=str(tmp_path / folder), where=where)
        found = list_files(tmp_path / folder, readers)
        narrowed, lines = narrowed_new(found, data)
        if folder == "plain" and where == {"item": "c"}:
            assert lines == []  # nothing says what its folders are
            continue
        assert len(narrowed.files) == kept
        assert len(narrowed.files) + len(narrowed.others) == 6
        assert [told in line for line in lines] == [True] if told else lines == []

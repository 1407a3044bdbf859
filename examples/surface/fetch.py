"""Make the data of this example: pieces of gravel and of brick, some of them damaged, with masks of the damage.

The three photographs (512 × 512, grey, public domain, https://polyhaven.com by way of
https://github.com/scikit-image) come out of the Python package ``scikit-image`` (BSD-3-Clause), which is downloaded (15 MB,
into ``.cache/``), not installed. Everything else is drawn from a seed: run it again and every file is the same.

    python examples/surface/fetch.py

A photograph is divided into 4 × 4 fields, and a piece lies within one. Test pieces come from four fields, one in each row and
column, training pieces from the twelve others: no pixel is in both. Pieces of one field overlap, so ``data/<surface>.csv``,
which lists the images, names the field of each as its ``group``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
from damage import DAMAGES
from PIL import Image

HERE = Path(__file__).resolve().parent
VERSION = "0.25.2"
PHOTOGRAPHS = {
    "brick": "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
    "grass": "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
    "gravel": "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
}
SURFACES = ("brick", "gravel")  # grass only lies where it does not belong
SEED = 7
FIELDS = 4  # a side of a photograph
SIDE = 112  # pixels of a piece; of a field 128
TEST_FIELDS = ("a2", "b4", "c1", "d3")  # row and column
TRAINING, GOOD, EACH = 64, 24, 8


def main() -> int:
    """Write ``data/<surface>/`` as MVTec AD lays its data out; return the exit code."""
    parser = argparse.ArgumentParser(
        description="Make normal and damaged pieces of two surfaces, with masks."
    )
    parser.add_argument("-o", "--out", type=Path, default=HERE / "data", help="folder to write (default: data/ beside this file)")  # fmt: skip
    parser.add_argument("--cache", type=Path, default=HERE / ".cache", help="folder for the wheel (default: .cache/)")  # fmt: skip
    options = parser.parse_args()
    expected = len(SURFACES) * (TRAINING + 2 * GOOD + 2 * EACH * len(DAMAGES))
    lists = [options.out / f"{name}.csv" for name in SURFACES]
    if len(list(options.out.rglob("*.png"))) == expected and all(path.exists() for path in lists):
        print(f"{options.out}: {expected} images are there already")
        return 0
    try:
        photographs = read(options.cache)
    except (subprocess.CalledProcessError, OSError, KeyError, zipfile.BadZipFile) as error:
        print(f"The photographs can't be fetched: {error}", file=sys.stderr)
        print("They lie in the package scikit-image on PyPI; put its wheel into the cache folder if this machine is offline.", file=sys.stderr)  # fmt: skip
        return 1
    for number, name in enumerate(SURFACES):
        others = [photograph for other, photograph in photographs.items() if other != name]
        write(options.out / name, photographs[name], others, np.random.default_rng([SEED, number]))
    print(f"{options.out}: {expected} images written")
    return 0


def read(cache: Path) -> dict[str, np.ndarray]:
    """The photographs out of the wheel in the cache, else out of the one that pip downloads."""
    if not (found := sorted(cache.glob(f"scikit_image-{VERSION}-*.whl"))):
        cache.mkdir(parents=True, exist_ok=True)
        download = ("download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(cache))
        subprocess.run([sys.executable, "-m", "pip", *download, f"scikit-image=={VERSION}"], check=True)
        found = sorted(cache.glob(f"scikit_image-{VERSION}-*.whl"))
    photographs = {}
    with zipfile.ZipFile(found[0]) as wheel:
        for name, digest in PHOTOGRAPHS.items():
            data = wheel.read(f"skimage/data/{name}.png")
            if hashlib.sha256(data).hexdigest() != digest:
                raise OSError(f"{name}.png of {found[0].name} is not the file that this example knows")
            photographs[name] = np.asarray(Image.open(io.BytesIO(data)).convert("L"), np.float64)
    return photographs


def write(
    folder: Path, photograph: np.ndarray, others: list[np.ndarray], random: np.random.Generator
) -> None:
    """One surface: pieces to learn from, good and damaged ones to test, a list of these, and a batch from another piece of material."""
    fields = fields_of(photograph)
    learned = [name for name in fields if name not in TEST_FIELDS]
    names = [learned[n % len(learned)] for n in range(TRAINING)]
    save(folder / "train" / "good", [cut(fields[name], random) for name in names])
    rows = [(f"train/good/{n:03}.png", "training", "", name) for n, name in enumerate(names)]
    names = [TEST_FIELDS[n % len(TEST_FIELDS)] for n in range(GOOD)]
    save(folder / "test" / "good", [cut(fields[name], random) for name in names])
    rows += [(f"test/good/{n:03}.png", "test", "", name) for n, name in enumerate(names)]
    for kind, damage in DAMAGES.items():
        pairs = [
            damage(cut(fields[names[n]], random), cut(others[n % 2], random), random) for n in range(EACH)
        ]
        save(folder / "test" / kind, [image for image, _ in pairs])
        save(folder / "ground_truth" / kind, [255.0 * mask for _, mask in pairs], "_mask")
        rows += [
            (f"test/{kind}/{n:03}.png", "test", f"ground_truth/{kind}/{n:03}_mask.png", names[n])
            for n in range(EACH)
        ]
    list_images(folder, rows)
    # The same material, laid the other way round under a lamp that is brighter on one side.
    lamp = np.linspace(1.05, 1.3, SIDE)
    turned = [cut(fields[name].T[::-1], random) * lamp for name in names]
    save(folder.parent / "new_piece" / folder.name, turned)


def fields_of(photograph: np.ndarray) -> dict[str, np.ndarray]:
    """The fields of a photograph by their names, ``a1`` to ``d4``."""
    size = len(photograph) // FIELDS
    return {
        f"{'abcd'[row]}{column + 1}": photograph[row * size : (row + 1) * size, column * size : (column + 1) * size]
        for row in range(FIELDS)
        for column in range(FIELDS)
    }  # fmt: skip


def cut(photograph: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A piece from anywhere in a field or a photograph, exposed a little differently each time, with a camera's noise."""
    row, column = (random.integers(0, size - SIDE + 1) for size in photograph.shape)
    piece = photograph[row : row + SIDE, column : column + SIDE]
    return piece * random.uniform(0.96, 1.04) + random.normal(0, 1.5, piece.shape)


def save(folder: Path, images: list[np.ndarray], suffix: str = "") -> None:
    """Write images as ``000.png``, ``001.png`` …"""
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        pixels = np.rint(np.clip(image, 0, 255)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03}{suffix}.png")


def list_images(folder: Path, rows: list[tuple[str, str, str, str]]) -> None:
    """Write ``<surface>.csv`` beside the folder: path, label, split, mask and group of each image."""
    with (folder.parent / f"{folder.name}.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("path", "label", "split", "mask", "group"))
        for path, split, mask, group in rows:
            label, inside = Path(path).parent.name, mask and f"{folder.name}/{mask}"
            lines.writerow((f"{folder.name}/{path}", label, split, inside, group))


if __name__ == "__main__":
    sys.exit(main())

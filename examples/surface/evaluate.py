"""How many normal images are enough? AUROC over 1, 2, 4, 8 … of them, and what becomes of another piece of material.

python examples/surface/fetch.py && python examples/surface/evaluate.py
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.metrics import roc_auc_score

from edgewright.data.resize import resize
from edgewright_blocks.visual import PatchCore

HERE = Path(__file__).resolve().parent
COUNTS = (1, 2, 4, 8, 16, 32, 64)
FPR = 0.05


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(
        description="Evaluate the surface example over the number of normal images."
    )
    parser.add_argument("surface", nargs="?", default="gravel", help="brick or gravel (default)")
    parser.add_argument("--data", type=Path, default=HERE / "data", help="folder that fetch.py wrote (default: data/ beside this file)")  # fmt: skip
    parser.add_argument("--size", type=int, default=224, help="pixels a side (default: 224)")
    parser.add_argument("--most", type=int, default=max(COUNTS), help="stop at so many normal images")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    folder = options.data / options.surface
    if not (folder / "train" / "good").is_dir():
        print(f"{folder}: no images; run fetch.py first", file=sys.stderr)
        return 2
    train = images(folder / "train" / "good")
    groups = groups_of(options.data / f"{options.surface}.csv")
    test = {path.name: images(path) for path in sorted((folder / "test").iterdir())}
    new = images(options.data / "new_piece" / options.surface)
    rows = [
        look(train[:count], groups[:count], test, new, options.size)
        for count in COUNTS
        if count <= options.most
    ]
    if options.json:
        print(json.dumps(rows, indent=1))
        return 0
    print("images  AUROC  normal ones above the threshold: of the same piece  of the new piece")
    for row in rows:
        print(f"{row['images']:6}  {row['auroc']:.3f}  {row['same']:52.0%}  {row['new']:16.0%}")
    return 0


def images(folder: Path) -> list[np.ndarray]:
    """The images of a folder, in the order of their names."""
    return [np.asarray(Image.open(path).convert("L")) for path in sorted(folder.glob("*.png"))]


def groups_of(path: Path) -> list[str]:
    """The group of each training image, in the order of their names."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            row["group"]
            for row in sorted(csv.DictReader(file), key=lambda row: row["path"])
            if row["split"] == "training"
        ]


def look(
    train: list[np.ndarray],
    groups: list[str],
    test: dict[str, list[np.ndarray]],
    new: list[np.ndarray],
    size: int,
) -> dict[str, Any]:
    """Learn from some images; say how well damaged ones are told from good ones, and how many good ones are not let pass."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # few images: that no threshold can be had of one is what is looked at here
        detector = PatchCore(size=(size, size), resize=resize, fpr=FPR).fit(train, groups)
        scores = {name: detector.predict(some).scores for name, some in {**test, "new": new}.items()}
    good = scores["good"]
    bad = np.concatenate([some for name, some in scores.items() if name not in ("good", "new")])
    return {
        "images": len(train),
        "auroc": float(roc_auc_score(np.repeat([0, 1], [len(good), len(bad)]), np.concatenate([good, bad]))),
        "same": float((good > detector.threshold_).mean()),
        "new": float((scores["new"] > detector.threshold_).mean()),
    }


if __name__ == "__main__":
    sys.exit(main())

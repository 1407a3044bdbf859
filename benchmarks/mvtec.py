"""How well ``visual_anomaly`` finds defects in your own copy of MVTec AD, of VisA, or of anything laid out as they are: a row a category.

::

    python benchmarks/mvtec.py PATH                                # every category below PATH
    python benchmarks/mvtec.py PATH --category bottle screw
    python benchmarks/mvtec.py PATH --size 256 --layers 2 --sampling-ratio 0.1
    python benchmarks/mvtec.py PATH --json                         # one JSON object a line

PATH is a folder of categories, each with ``train/good``, ``test/<defect>`` and ``ground_truth/<defect>`` (MVTec AD), or one such category, or
VisA as it is unpacked: ``split_csv/1cls.csv`` says which images of a category train and which test.

Each category is an impulse of its own with one node, in a store of its own, run as ``edgewright run`` does it: images are resized to SIZE × SIZE,
the block learns the training images, and is measured on all test images. Columns are AUROC, average precision and the best F1 over
images; AUROC over pixels and AUPRO up to false-positive rates of 0.3 and of 0.05, at the size that the block sees; and seconds from the first file to the
report. Exit code 1 when a category can't be run, 2 when there is none.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / root) for root in ("core", "specs", "sdk", "blocks")]

from edgewright.errors import EdgewrightError  # noqa: E402
from edgewright.running import Options, run_impulse  # noqa: E402
from edgewright.store import Store  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VISA_LIST = Path("split_csv") / "1cls.csv"
NODE = "anomaly"
COLUMNS = {
    "training": "training", "test": "test", "auroc": "AUROC", "ap": "AP", "f1_max": "F1-max",
    "pixel_auroc": "pixel AUROC", "aupro_0.3": "AUPRO 0.3", "aupro_0.05": "AUPRO 0.05", "seconds": "s",
}  # fmt: skip
MEASURES = [name for name in COLUMNS if name not in ("training", "test")]


@dataclass(frozen=True)
class Category:
    """A data set: a folder laid out as MVTec AD's, or lines of VisA's list, whose paths start from the folder."""

    name: str
    folder: Path
    lines: tuple[Mapping[str, str], ...] = ()

    def data(self, work: Path) -> Path:
        """What ``data: path`` of its impulse is to be."""
        if not self.lines:
            return self.folder.resolve()
        path = work / f"{self.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("path", "label", "split", "mask"))
            for line in self.lines:
                image, mask = (
                    str((self.folder / line[name]).resolve()) if line[name] else ""
                    for name in ("image", "mask")
                )
                rows.writerow((image, line["label"], line["split"], mask))
        return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path, metavar="PATH", help="folder of categories, or of one")
    parser.add_argument("--category", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--size", type=int, default=256, help="pixels a side (default: 256)")
    parser.add_argument("--layers", type=int, choices=(1, 2, 3), help="of the backbone (default: the block's)")  # fmt: skip
    parser.add_argument("--sampling-ratio", type=float, help="share of cells kept (default: the block's)")
    parser.add_argument("--runner", default="process", help="docker, bwrap or process (default)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    options = parser.parse_args(arguments)
    found = categories(options.path)
    wanted = options.category or list(found)
    if not found or (unknown := [name for name in wanted if name not in found]):
        reason = f"no category {unknown[0]!r}; there are {', '.join(found)}" if found else (
            f"no folder train/good in it or in one of its folders, and no {VISA_LIST.as_posix()}"
        )  # fmt: skip
        print(f"{options.path}: {reason}", file=sys.stderr)
        return 2
    params = {
        name: value
        for name, value in (("layers", options.layers), ("sampling-ratio", options.sampling_ratio))
        if value is not None
    }
    if not options.json:
        print("| category | " + " | ".join(COLUMNS.values()) + " |")
        print("|:--|" + "--:|" * len(COLUMNS))
    rows = []
    for name in wanted:
        try:
            row = measure(found[name], options.size, params, options.runner)
        except EdgewrightError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        rows.append(row)
        print(json.dumps({"category": name, **row}) if options.json else table_row(name, row), flush=True)
    if len(rows) > 1 and not options.json:
        print(table_row("mean", {name: mean(row[name] for row in rows) for name in MEASURES}))
    return 0 if len(rows) == len(wanted) else 1


def categories(path: Path) -> dict[str, Category]:
    """The categories below a folder, by name."""
    if (path / VISA_LIST).is_file():
        with (path / VISA_LIST).open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
        names = sorted({line["object"] for line in lines})
        return {
            name: Category(name, path, tuple(line for line in lines if line["object"] == name))
            for name in names
        }
    folders = [path, *sorted(path.iterdir())] if path.is_dir() else []
    return {
        folder.resolve().name: Category(folder.resolve().name, folder)
        for folder in folders
        if (folder / "train" / "good").is_dir()
    }


def measure(category: Category, size: int, params: Mapping[str, Any], runner: str) -> dict[str, Any]:
    """Train and test on a category."""
    with TemporaryDirectory(prefix="edgewright-mvtec-") as folder:
        work = Path(folder)
        impulse = {
            "version": 1,
            "name": "mvtec",
            "data": {"path": str(category.data(work))},
            "input": {"kind": "image", "width": size, "height": size, "channels": "rgb", "resize": "squash"},
            "learning": [{"id": NODE, "block": "visual_anomaly", "input": ["input"], "params": dict(params)}],
            "thresholds": {
                NODE: {"method": "manual", "value": 0}
            },  # no column depends on it, few images are enough
        }
        (work / "impulse.yaml").write_text(json.dumps(impulse), encoding="utf-8")
        began = time.monotonic()
        run = run_impulse(
            work / "impulse.yaml",
            out=work / "run",
            options=Options(runner=runner),
            store=Store(work / "store"),
        )
        seconds = time.monotonic() - began
        images, pixels = run.metrics(NODE)["windows"], run.pixels(NODE) or {"auroc": None, "aupro": []}
        overlap = {f"aupro_{one['limit']:g}": one["value"] for one in pixels["aupro"]}
        splits = [sample["split"] for sample in run.samples]
    return {
        "training": splits.count("training"),
        "test": splits.count("test"),
        "auroc": images["auroc"],
        "ap": images["average_precision"],
        "f1_max": images["f1_max"],
        "pixel_auroc": pixels["auroc"],
        "aupro_0.3": overlap.get("aupro_0.3"),
        "aupro_0.05": overlap.get("aupro_0.05"),
        "seconds": seconds,
    }


def mean(values: Any) -> float | None:
    """Of those that are known."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def table_row(name: str, row: Mapping[str, Any]) -> str:
    """A row of the table."""
    texts = [shown(column, row.get(column)) for column in COLUMNS]
    return "| " + " | ".join([name, *texts]) + " |"


def shown(column: str, value: float | None) -> str:
    """A number as the table has it."""
    if value is None:
        return "–"
    return f"{value:.3f}" if column in MEASURES and column != "seconds" else f"{value:.0f}"


if __name__ == "__main__":
    sys.exit(main())

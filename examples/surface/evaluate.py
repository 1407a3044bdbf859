"""How many normal images are enough? AUROC over 1, 2, 4, 8 … of them, and what becomes of another piece of material.

python examples/surface/fetch.py && python examples/surface/evaluate.py
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from edgewright.running import Options, run_impulse
from edgewright.running.fresh import score

HERE = Path(__file__).resolve().parent
COUNTS = (1, 2, 4, 8, 16, 32)  # beside all 64


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(
        description="Evaluate the surface example over the number of normal images."
    )
    parser.add_argument("surface", nargs="?", default="gravel", help="brick or gravel (default)")
    parser.add_argument("--data", type=Path, default=HERE / "data", help="folder that fetch.py wrote (default: data/ beside this file)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    listed = options.data.resolve() / f"{options.surface}.csv"
    if not listed.is_file():
        print(f"{listed}: no such file; run fetch.py first", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        impulse = Path(folder) / "impulse.yaml"
        text = (HERE / "impulse.yaml").read_text(encoding="utf-8")
        impulse.write_text(text.replace("data/gravel.csv", json.dumps(str(listed))), encoding="utf-8")
        run = run_impulse(impulse, out=Path(folder) / "run", options=Options(learning_curve=COUNTS))
        curve = run.learning_curve("anomaly")
        new = list(score(run, [options.data / "new_piece" / options.surface]))
        told = {
            "images": [point["samples"] for point in curve["points"]],
            "auroc": [point["auroc"] for point in curve["points"]],
            "text": curve["text"],
            "same": run.metrics("anomaly")["windows"]["fpr"],
            "new": sum(image["nodes"]["anomaly"]["anomalous"] for image in new) / len(new),
        }
    if options.json:
        print(json.dumps(told, indent=1))
        return 0
    print("images  AUROC")
    for images, auroc in zip(told["images"], told["auroc"], strict=True):
        print(f"{images:6}  {auroc:.3f}")
    print(told["text"])
    print(
        f"Good pieces above the threshold: {told['same']:.0%} of the same photograph, {told['new']:.0%} of the new piece"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

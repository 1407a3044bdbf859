"""``visual_anomaly`` beside anomalib's PatchCore: the same images, backbone, weights, layers, pooling, ratio, neighbours and threads, in one run.

::

    python benchmarks/patchcore_anomalib.py --anomalib /path/to/venv/bin/python [--only quality|cost] [--threads 1] [--json]
    python benchmarks/patchcore_anomalib.py            # without anomalib: ours alone
    python benchmarks/patchcore_anomalib.py --quick    # does it run? one small set, no goals

The peer lives in an environment of its own; onnxruntime and OpenVINO are optional there::

    python -m venv anomalib && anomalib/bin/pip install "anomalib[cpu]==2.7.0" onnx onnxscript onnxruntime openvino

(Where torch is a build that torchvision's doesn't fit: ``pip install --no-deps torchvision``, which is enough.) Edgewright's environment needs the extra
[vision]; the photographs come out of the wheel of scikit-image, which pip downloads into ``--cache``.

**Quality** is measured on surfaces with drawn defects: AUROC of the images' scores, and AUPRO up to a false-positive rate of 0.05 of the maps that each side
gives at the images' size, by the same code (``edgewright.scoring``). The peer's choice of cells starts at random and works on random projections; so
ours is to be at least as good in each set, and is compared where the peer is neither perfect nor lost (AUROC of 0.70 to 0.995). With
``--seeds N`` each side chooses anew N times, and its means count: one choice moves a set's numbers by more than the sides differ.

**Cost** is measured on 60 made-up images of 224 × 224, in turns: seconds of choosing the memory bank, MB that fitting adds to the process at its peak (images seen one
at a time), and milliseconds from a decoded image to its map, in torch and as exported to ONNX and OpenVINO. With one thread seconds are of processor
time, so that a busy machine slows both; with more they are of the clock. The best of ``--rounds`` counts. Exit code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from patchcore import images_of
from patchcore_sets import DESIGNS, ROOT, Design, make, photographs

sys.path[:0] = [str(ROOT / name) for name in ("sdk", "blocks")]

from edgewright.scoring import auroc, pixel_metrics  # noqa: E402
from edgewright_blocks.learning.visual_anomaly.weights import read_weights  # noqa: E402

HERE = Path(__file__).resolve().parent
LIMIT = 0.05
MEASURES = ("auroc", "aupro")
COMPARED = (0.70, 0.995)
FASTER, LEANER, QUICKER = 50, 0.5, 0.9
IMAGES, SIDE, TIMED = 60, 224, 10


class Side:
    """One of the two, in a process of its own."""

    def __init__(self, name: str, python: str, weights: Path, threads: int) -> None:
        self.name, self.folder = name, weights.parent
        limits = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL", "BLIS")}
        # Else glibc keeps what torch frees between picks: the peer would need 10 GB and twice the time.
        limits["MALLOC_TOP_PAD_"] = str(64 << 20)
        self.process = subprocess.Popen(
            [python, str(HERE / "patchcore_sides.py"), name, str(weights), str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(self.folder / f"{name}.log").open("w"),
            env={**os.environ, **limits}, text=True,
        )  # fmt: skip
        self._answer()

    def ask(self, what: str, images: np.ndarray | None = None, **more: Any) -> dict[str, Any]:
        """Let it do something."""
        assert self.process.stdin is not None
        request = {"do": what, **more}
        if images is not None:
            request["images"] = str(self.folder / "images.npy")
            np.save(request["images"], images)
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return self._answer()

    def scores(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores and maps of images."""
        path = self.folder / "predicted.npz"
        self.ask("predict", images, out=str(path))
        with np.load(path) as found:
            return found["scores"], found["maps"]

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended:\n" + (self.folder / f"{self.name}.log").read_text()[-2000:])
        found: dict[str, Any] = json.loads(line)
        return found


def quality(
    sides: list[Side], designs: list[Design], ratio: float, cache: Path, seeds: int
) -> list[dict[str, Any]]:
    """A row a set: AUROC and AUPRO of each side, means over the seeds, and how they spread."""
    of, rows = photographs(cache), []
    for design in designs:
        images = make(design, of)
        odd = np.arange(len(images.test)) >= design.good
        row: dict[str, Any] = {"set": design.name}
        for side in sides:
            found: list[tuple[float, float]] = []
            for seed in range(seeds):
                side.ask("fit", images.training, ratio=ratio, seed=seed)
                scores, maps = side.scores(images.test)
                pixels = pixel_metrics(maps, images.masks, limits=[LIMIT])
                assert pixels is not None
                found.append((auroc(scores, odd), pixels.aupro[LIMIT]))
            row[side.name] = dict(zip(MEASURES, np.mean(found, axis=0).tolist(), strict=True))
            if seeds > 1:
                spread = np.std(found, axis=0, ddof=1).tolist()
                row.setdefault("spread", {})[side.name] = dict(zip(MEASURES, spread, strict=True))
        rows.append(row)
        print(row_text(row), file=sys.stderr, flush=True)
    return rows


def cost(sides: list[Side], ratio: float, rounds: int, images: np.ndarray, clock: str) -> dict[str, Any]:
    """Seconds and MB of learning, and milliseconds an image."""
    found: dict[str, Any] = {}
    for side in sides:
        side.ask("see", images[:2], out=str(side.folder / f"cells-{side.name}.npy"))
        side.ask("fit", images[:2, :64, :64], ratio=ratio)  # libraries are loaded at their first use
        learned = side.ask("fit", images, ratio=ratio)
        chose = learned["choose"]  # the peer's takes minutes: once is enough
        found[side.name] = {"fit MB": learned["MB"], "choose s": [chose[clock]] if chose else []}
        if not chose:
            side.ask("see", images, out=str(side.folder / "cells.npy"))
            found[side.name]["choose s"] = [side.ask("choose", ratio=ratio)[clock] for _ in range(rounds)]
    engines = [(side, engine) for side in sides for engine in side.ask("open", images[:1])["engines"]]
    times: dict[str, list[float]] = {engine: [] for _, engine in engines}
    for _ in range(rounds):
        for side, engine in engines:
            times[engine].append(side.ask("time", images[:TIMED], engine=engine)[clock])
    found["ms an image"] = {engine: 1000 * min(seconds) for engine, seconds in times.items()}
    if len(sides) > 1:
        ours, theirs = (np.load(sides[0].folder / f"cells-{side.name}.npy", mmap_mode="r") for side in sides)
        found["cells differ by"] = float(np.abs(ours - theirs).max() / np.abs(ours).max())
    return found


def missed(found: dict[str, Any]) -> list[str]:
    """The goals that aren't met."""
    gaps = []
    for row in found.get("quality", []):
        ours, theirs = row["ours"], row.get("anomalib")
        if theirs and COMPARED[0] <= theirs["auroc"] <= COMPARED[1]:
            gaps += [f"{name} of {row['set']}" for name in ours if ours[name] < theirs[name]]
    if "anomalib" in found.get("cost", {}):
        costs = found["cost"]
        ours, theirs, times = costs["ours"], costs["anomalib"], costs["ms an image"]
        if min(theirs["choose s"]) < FASTER * min(ours["choose s"]):
            gaps.append(f"choosing {FASTER} times as fast")
        if ours["fit MB"] > LEANER * theirs["fit MB"]:
            gaps.append(f"{LEANER} of the memory")
        if times["ours"] > QUICKER * times.get("OpenVINO f32", np.inf):
            gaps.append(f"{QUICKER} of OpenVINO's time")
    return gaps


def row_text(row: dict[str, Any]) -> str:
    """A set's row."""
    sides = [row[name] for name in ("ours", "anomalib") if name in row]
    numbers = [f"{side[name]:7.3f}" for name in MEASURES for side in sides]
    out = len(sides) > 1 and not COMPARED[0] <= row["anomalib"]["auroc"] <= COMPARED[1]
    spreads = [f"{side[name]:.3f}" for name in MEASURES for side in row.get("spread", {}).values()]
    told = f"   ± {' '.join(spreads)}" if spreads else ""
    return f"{row['set']:24}" + " ".join(numbers) + told + ("   not compared" if out else "")


def show(found: dict[str, Any]) -> None:
    """Print what was found."""
    if rows := found.get("quality"):
        names = [name for name in ("ours", "anomalib") if name in rows[0]]
        print(" " * 24 + " ".join(f"{name:>{8 * len(names) - 1}}" for name in ("AUROC", f"AUPRO {LIMIT}")))
        print(" " * 24 + " ".join(f"{name[:7]:>7}" for name in names * 2))
        for row in rows:
            print(row_text(row))
    if costs := found.get("cost"):
        for name in ("ours", "anomalib"):
            if name in costs:
                print(f"{name:10} chooses in {min(costs[name]['choose s']):8.2f} s, fitting adds {costs[name]['fit MB']:5.0f} MB")  # fmt: skip
        for engine, time in costs["ms an image"].items():
            print(f"{engine:34} {time:6.1f} ms an image")
    print("missed: " + ("; ".join(found["missed"]) or "nothing"))


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--anomalib", metavar="PYTHON", help="interpreter of an environment with anomalib")
    parser.add_argument("--only", choices=("quality", "cost"), help="measure one of the two")
    parser.add_argument("--sets", nargs="+", metavar="SURFACE", help="only those of these surfaces")
    parser.add_argument("--seeds", type=int, default=1, help="choices of cells a set and side (default: 1)")
    parser.add_argument("--ratio", type=float, default=0.1, help="share of the cells kept (default: 0.1)")
    parser.add_argument("--threads", type=int, default=1, help="of both sides (default: 1)")
    parser.add_argument("--rounds", type=int, default=5, help="of timing (default: 5)")
    parser.add_argument("--cache", type=Path, default=ROOT / "examples" / "surface" / ".cache")
    parser.add_argument("--quick", action="store_true", help="one small set, no goals")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    designs = [one for one in DESIGNS if not options.sets or one.surface in options.sets]
    images = images_of(IMAGES, SIDE)
    if options.quick:
        designs, images = [Design("brick", "scratch", 0.5, 48, 96, 6, 6, 6)], images_of(6, 96)
    with TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.npz"
        np.savez(weights, **read_weights())
        pythons = {"ours": sys.executable, "anomalib": options.anomalib}
        sides = [Side(name, python, weights, options.threads) for name, python in pythons.items() if python]
        found: dict[str, Any] = {}
        if options.only != "quality":
            clock = "cpu" if options.threads == 1 else "wall"
            found["cost"] = cost(sides, options.ratio, options.rounds, images, clock)
        if options.only != "cost":
            found["quality"] = quality(sides, designs, options.ratio, options.cache, max(options.seeds, 1))
        for side in sides:
            side.close()
    found["missed"] = [] if options.quick else missed(found)
    print(json.dumps(found, indent=1)) if options.json else show(found)
    return 1 if found["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())

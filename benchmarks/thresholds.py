"""Does the default threshold hold? Observed false-alarm rates over many random data sets, Edge Impulse's rules beside it.

    python benchmarks/thresholds.py              # 10 to 20 minutes on one core
    python benchmarks/thresholds.py --quick      # 2 to 3 minutes, coarser
    python benchmarks/thresholds.py --json       # one JSON object a line

Each data set is drawn at random, K-means (the block's own code, 32 clusters) learns it, each rule sets its threshold, and
the false-alarm rate is measured on 8000 fresh normal windows. Target of the default is 1 %. A good rule has its median
near the target, for any number of windows and with 0.2 % stragglers in the data. The rules:

held-out      the default: 5 folds by recording (10 below 1000 windows), median-unbiased quantile at 1 %
random folds  the same with folds that ignore recordings (only differs where windows depend on each other)
max radius    Edge Impulse's K-means: a cluster's size is its outermost training window, anomalous beyond the edge
max + 0.3     the same with the margin of 0.3 that Edge Impulse's studio begins with
largest       the largest training score of the percentile-radius model, Edge Impulse's rule for other anomaly blocks
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / root) for root in ("core", "specs", "sdk", "blocks")]

import numpy as np  # noqa: E402

from edgewright.scoring import choose, decide, make_folds  # noqa: E402
from edgewright_blocks.learning.kmeans.clusters import beyond_edge, learn, standardise  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLUSTERS, RADIUS, FRESH = 32, 99.0, 8000
SIZES = (100, 200, 500, 1000, 3000)
REPEATS = {100: 60, 200: 50, 500: 30, 1000: 20, 3000: 8}
RULES = ("held-out", "random folds", "max radius", "max + 0.3", "largest")


class Source:
    """A random population of normal windows: three modes, features correlated within each.

    Parameters
    ----------
    features : int
    heavy : bool
        Student's t with 4 degrees of freedom instead of a normal distribution.
    recording : float
        Standard deviation of an offset that all windows of a recording share; 0 makes windows independent.
    """

    def __init__(self, random: np.random.Generator, features: int, *, heavy: bool, recording: float) -> None:
        self.random, self.features, self.heavy, self.recording = random, features, heavy, recording
        self.centres = random.normal(size=(3, features)) * 3
        self.mix = random.normal(size=(3, features, features)) / np.sqrt(features)

    def draw(
        self, windows: int, stragglers: float, each: int
    ) -> tuple[NDArray[np.float32], list[str], list[str]]:
        """Windows with recording names (``each`` windows a recording) and labels (the mode)."""
        count = -(-windows // each)
        owner = np.repeat(np.arange(count), each)[:windows]
        mode = self.random.integers(3, size=count)[owner]
        noise = self.random.normal(size=(windows, self.features))
        if self.heavy:
            noise *= np.sqrt(4 / self.random.chisquare(4, size=(windows, 1)))
        offset = self.random.normal(size=(count, self.features))[owner] * self.recording
        values = self.centres[mode] + np.einsum("nij,nj->ni", self.mix[mode], noise + offset)
        wild = self.random.random(windows) < stragglers
        values[wild] += self.random.normal(size=(int(wild.sum()), self.features)) * 20
        return values.astype(np.float32), [f"r{i}" for i in owner], [f"mode {i}" for i in mode]


def scores_of(
    train: NDArray[np.float32], radius: float, *others: NDArray[np.float32]
) -> list[NDArray[np.float64]]:
    """Scores of other windows, and last of the training windows, by a model of the training windows."""
    model = learn(train, CLUSTERS, radius, 0)
    return [beyond_edge(standardise(v, model.mean, model.scale), model)[0] for v in (*others, train)]


def held_out(values: NDArray[np.float32], recordings: list[str], labels: list[str]) -> NDArray[np.float64]:
    """Scores of every window by a model that hasn't seen its recording."""
    folds = make_folds(recordings, labels)
    parts = [
        scores_of(values[folds.fit_rows(f)], RADIUS, values[folds.held_rows(f)])[0]
        for f in range(folds.count)
    ]
    return np.concatenate(parts)


def observe(source: Source, windows: int, stragglers: float, each: int) -> dict[str, float]:
    """False-alarm rate of each rule on one data set."""
    train, recordings, labels = source.draw(windows, stragglers, each)
    fresh, _, _ = source.draw(FRESH, stragglers, each)
    final, inside = scores_of(train, RADIUS, fresh)
    widest, _ = scores_of(train, 100.0, fresh)
    single = [str(i) for i in range(windows)]
    grouped = held_out(train, recordings, labels)
    loose = grouped if each == 1 else held_out(train, single, ["normal"] * windows)
    thresholds = {
        "held-out": (choose("held-out", held_out=grouped).value, final),
        "random folds": (choose("held-out", held_out=loose).value, final),
        "max radius": (0.0, widest),
        "max + 0.3": (0.3, widest),
        "largest": (choose("max-of-training", training=inside).value, final),
    }
    return {rule: float(decide(scores, value).mean()) for rule, (value, scores) in thresholds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a quarter of the data sets, up to 1000 windows")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kinds = {
        "normal, 6 features": (6, False, 0.0, 1),
        "normal, 39 features": (39, False, 0.0, 1),
        "heavy tails, 6 features": (6, True, 0.0, 1),
        "recordings of 10 windows": (6, False, 0.5, 10),
    }
    if not options.json:
        print(
            "Observed false-alarm rate in %, median (lower – upper quartile) over random data sets; target 1\n"
        )
        print(f"{'data':<26}{'n':>5}{'strag.':>8}  " + "".join(f"{rule:>22}" for rule in RULES))
    began = time.monotonic()
    pooled: dict[str, list[float]] = {rule: [] for rule in RULES}
    for kind, (features, heavy, recording, each) in kinds.items():
        for windows in SIZES[:-1] if options.quick else SIZES:
            for stragglers in (0.0, 0.002):
                found: dict[str, list[float]] = {rule: [] for rule in RULES}
                for repeat in range(max(5, REPEATS[windows] // (4 if options.quick else 1))):
                    random = np.random.default_rng([options.seed, repeat, windows, features, each])
                    source = Source(random, features, heavy=heavy, recording=recording)
                    for rule, rate in observe(source, windows, stragglers, each).items():
                        found[rule].append(100 * rate)
                        pooled[rule].append(100 * rate)
                show(options.json, kind, windows, stragglers, found)
    show(options.json, "all", 0, 0.0, pooled)
    if not options.json:
        print(f"\n{time.monotonic() - began:.0f} s")


def show(as_json: bool, kind: str, windows: int, stragglers: float, found: dict[str, list[float]]) -> None:
    """Print one line of the table."""
    quartiles = {rule: np.percentile(rates, (25, 50, 75)) for rule, rates in found.items()}
    if as_json:
        rows = {rule: [round(float(q), 3) for q in values] for rule, values in quartiles.items()}
        print(
            json.dumps({"data": kind, "n": windows, "stragglers": stragglers, "fpr_percent_quartiles": rows})
        )
        return
    cells = "".join(f"{f'{q[1]:.2f} ({q[0]:.2f} – {q[2]:.2f})':>22}" for q in quartiles.values())
    share = f"{100 * stragglers:.1f} %" if windows else ""
    print(f"{kind:<26}{windows or '':>5}{share:>8}  {cells}", flush=True)


if __name__ == "__main__":
    main()

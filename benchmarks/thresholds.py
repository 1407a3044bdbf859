"""Does the default threshold hold? Observed false-alarm rates over many random data sets, Edge Impulse's rules beside it.

    python benchmarks/thresholds.py              # about 10 minutes of one core, shared out over --jobs
    python benchmarks/thresholds.py --quick      # a quarter of the data sets, about 3 minutes of one core
    python benchmarks/thresholds.py --json       # one JSON object a line

Each data set is drawn at random, K-means (the block's own code, 32 clusters) learns it, each rule sets its threshold, and
the false-alarm rate is measured on 4000 fresh normal windows. Target of the default is 1 %. A good rule has its median
near the target, for any number of windows and with 0.2 % stragglers in the data. Goal: 0.5 to 2 % in each pooled row, which
take all kinds of data together; exit code 1 when the default misses it. The rules:

held-out      the default: 10 folds by recording (20 below 1000 windows) that begin where the whole model ended, median-unbiased
              quantile at 1 %
random folds  the same with folds that ignore recordings (only differs where windows depend on each other)
max radius    Edge Impulse's K-means: a cluster's size is its outermost training window, anomalous beyond the edge
max + 0.3     the same with the margin of 0.3 that Edge Impulse's studio begins with
largest       the largest training score of the percentile-radius model, Edge Impulse's rule for other anomaly blocks
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / root) for root in ("core", "specs", "sdk", "blocks")]

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in a task; more only get in each other's way
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

from edgewright.scoring import choose, decide, fold_count, make_folds  # noqa: E402
from edgewright_blocks.learning.kmeans.clusters import beyond_edge, learn, standardise, unseen  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLUSTERS, RADIUS, FRESH = 32, 99.0, 4000
SIZES = (100, 200, 500, 1000, 3000)
REPEATS = {100: 60, 200: 40, 500: 24, 1000: 12, 3000: 8}
STRAGGLERS = (0.0, 0.002)
RULES = ("held-out", "random folds", "max radius", "max + 0.3", "largest")
GOAL = (0.5, 2.0)  # median false-alarm rate of the first rule, in %

#: Features, heavy tails, what the windows of a recording share, windows a recording.
KINDS = {
    "normal, 6 features": (6, False, 0.0, 1),
    "normal, 39 features": (39, False, 0.0, 1),
    "heavy tails, 6 features": (6, True, 0.0, 1),
    "recordings of 10 windows": (6, False, 0.5, 10),
}


@dataclass(frozen=True)
class Cell:
    """False-alarm rates in % of each rule, one a data set; None stands for all numbers of windows or both shares."""

    kind: str
    windows: int | None
    stragglers: float | None
    found: dict[str, list[float]]


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
        values = self.centres[mode]
        for number, mix in enumerate(self.mix):
            values[mode == number] += (noise + offset)[mode == number] @ mix.T
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
    folds = make_folds(recordings, labels, count=fold_count(len(values), within_fit=True))
    parts = [(folds.fit_rows(fold), folds.held_rows(fold)) for fold in range(folds.count)]
    model = learn(values, CLUSTERS, RADIUS, 0)
    return unseen(values, model, RADIUS, parts)[folds.assignment >= 0]


def observe(kind: str, windows: int, stragglers: float, seed: int, repeat: int) -> dict[str, float]:
    """False-alarm rate of each rule on one data set."""
    features, heavy, recording, each = KINDS[kind]
    random = np.random.default_rng([seed, repeat, windows, features, each])
    source = Source(random, features, heavy=heavy, recording=recording)
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


def main() -> int:
    """Print a row for each kind of data, number of windows and share of stragglers, then the pooled rows; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a quarter of the data sets")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes, default one a core")
    options = parser.parse_args()
    began = time.monotonic()
    if not options.json:
        print(
            "False-alarm rate in % on fresh windows: median (lower – upper quartile) over random data sets\n"
        )
        print(row(["data", "n", "stragglers", "sets", *RULES]))
        print(row([":--", *["--:"] * (3 + len(RULES))], fill="-"))
    cells: list[Cell] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for kind in KINDS:
            for windows in SIZES:
                repeats = REPEATS[windows] // (4 if options.quick else 1)
                for stragglers in STRAGGLERS:
                    one = partial(observe, kind, windows, stragglers, options.seed)
                    rates = list(pool.map(one, range(repeats)))
                    found = {rule: [100 * each[rule] for each in rates] for rule in RULES}
                    cells.append(Cell(kind, windows, stragglers, found))
                    show(cells[-1], as_json=options.json)
    rows = pooled(cells)
    for cell in rows:
        show(cell, as_json=options.json)
    medians = [float(np.median(cell.found[RULES[0]])) for cell in rows]
    met = all(GOAL[0] <= median <= GOAL[1] for median in medians)
    if not options.json:
        print(
            f"\n{RULES[0]}, pooled rows: medians from {min(medians):.2f} to {max(medians):.2f} %, of all data sets "
            f"{medians[-1]:.2f} % (goal: {GOAL[0]:g} to {GOAL[1]:g} %, {'met' if met else 'missed'})"
        )
        print(f"{time.monotonic() - began:.0f} s")
    return 0 if met else 1


def pooled(cells: list[Cell]) -> list[Cell]:
    """All kinds of data together: by number of windows and stragglers, by stragglers, and all, in this order."""
    sizes = dict.fromkeys(cell.windows for cell in cells)
    wanted = [(windows, stragglers) for windows in (*sizes, None) for stragglers in STRAGGLERS]
    rows = []
    for windows, stragglers in [*wanted, (None, None)]:
        chosen = [
            cell
            for cell in cells
            if windows in (None, cell.windows) and stragglers in (None, cell.stragglers)
        ]
        found = {rule: [rate for cell in chosen for rate in cell.found[rule]] for rule in RULES}
        rows.append(Cell("all", windows, stragglers, found))
    return rows


def show(cell: Cell, *, as_json: bool) -> None:
    """Print one row of the table."""
    quartiles = {rule: np.percentile(rates, (25, 50, 75)) for rule, rates in cell.found.items()}
    sets = len(cell.found[RULES[0]])
    if as_json:
        rates = {rule: [round(float(q), 3) for q in values] for rule, values in quartiles.items()}
        document = {"data": cell.kind, "n": cell.windows, "stragglers": cell.stragglers, "sets": sets}
        print(json.dumps({**document, "fpr_percent_quartiles": rates}), flush=True)
        return
    share = "all" if cell.stragglers is None else f"{100 * cell.stragglers:.1f} %"
    rates_text = [f"{q[1]:.2f} ({q[0]:.2f} – {q[2]:.2f})" for q in quartiles.values()]
    print(row([cell.kind, str(cell.windows or "all"), share, str(sets), *rates_text]), flush=True)


def row(texts: list[str], fill: str = " ") -> str:
    """A row of a Markdown table, padded so that it reads well on a terminal too."""
    widths = (24, 4, 10, 4, *[21] * len(RULES))
    left = texts[0].ljust(widths[0], fill)
    right = [text.rjust(width, fill) for text, width in zip(texts[1:], widths[1:], strict=True)]
    return f"| {' | '.join([left, *right])} |"


if __name__ == "__main__":
    sys.exit(main())

"""Leave people out: train on eight, test on the other two, five times over; beside a plain scikit-learn baseline.

Prints accuracy (which exercise?) and AUROC (one that was not trained?) by recording, each with a 95 % interval that
resamples the ten people::

    python examples/shoulder/fetch.py && python examples/shoulder/evaluate.py
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

import numpy as np
from sklearn.ensemble import IsolationForest, RandomForestClassifier

from edgewright.running import Options, Run, run_impulse

HERE = Path(__file__).resolve().parent
UNKNOWN = "row"
LENGTH, STRIDE = 200, 50  # 4 s and 1 s at 50 Hz, as in impulse.yaml

#: By recording: the person, which fold, whether the exercise was named rightly (None: untrained), the anomaly score.
Row = tuple[str, int, "bool | None", float]


def main() -> int:
    """Evaluate both and print the table; return the exit code."""
    parser = argparse.ArgumentParser(description="Evaluate the shoulder example with people left out.")
    parser.add_argument(
        "--data",
        type=Path,
        default=HERE / "data",
        help="folder that fetch.py wrote (default: data/ beside this file)",
    )
    parser.add_argument(
        "--work", type=Path, default=HERE / "runs" / "people", help="folder for the folds and their runs"
    )
    parser.add_argument(
        "--folds", type=int, default=5, help="into how many parts to cut the people (default: 5)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    files = sorted(options.data.glob("*/*/*.npy"))
    if not files:
        print(f"{options.data}: no recordings; run fetch.py first", file=sys.stderr)
        return 2
    people = sorted({path.parent.name for path in files})
    ours: list[Row] = []
    plain: list[Row] = []
    for fold in range(options.folds):
        tested = people[fold :: options.folds]
        ours += of_run(run_fold(files, tested, options.work / str(fold)), fold)
        plain += of_baseline(files, tested, fold)
    report = {name: figures(rows) for name, rows in (("edgewright", ours), ("scikit-learn", plain))}
    if options.json:
        print(json.dumps(report, indent=1))
        return 0
    print(f"{len(people)} people, {options.folds} folds; by recording, 95 % intervals over people")
    for name, found in report.items():
        parts = [
            f"{figure} {value:.3f} ({low:.3f} to {high:.3f})" for figure, (value, low, high) in found.items()
        ]
        print(f"  {name:<12}  {'   '.join(parts)}")
    return 0


def run_fold(files: list[Path], tested: list[str], folder: Path) -> Run:
    """Run the impulse on data whose folders say who is tested."""
    shutil.rmtree(folder / "data", ignore_errors=True)
    for path in files:
        split = "test" if path.parent.name in tested else "training"
        target = folder / "data" / split / path.parent.parent.name / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    impulse = (HERE / "impulse.yaml").read_text(encoding="utf-8").partition("deployment:")[0]
    (folder / "impulse.yaml").write_text(impulse, encoding="utf-8")
    return run_impulse(folder / "impulse.yaml", out=folder / "runs", options=Options())


def of_run(run: Run, fold: int) -> list[Row]:
    """What a run said of each tested recording."""
    named = {row["name"]: row for row in run.decisions("exercise")["recordings"]}
    rows: list[Row] = []
    for row in run.decisions("unknown")["recordings"]:
        person = next(part for part in Path(row["name"]).parts if part.startswith("subject"))
        right = None if row["label"] == UNKNOWN else bool(named[row["name"]]["right"])
        rows.append((person, fold, right, float(row["score"])))
    return rows


def of_baseline(files: list[Path], tested: list[str], fold: int) -> list[Row]:
    """Mean, deviation, extremes and the mean step of each axis; a random forest and an isolation forest."""
    features = {path: describe(np.load(path)) for path in files}
    known = [path for path in files if path.parent.name not in tested and path.parent.parent.name != UNKNOWN]
    values = np.concatenate([features[path] for path in known])
    labels = np.concatenate([[path.parent.parent.name] * len(features[path]) for path in known])
    classifier = RandomForestClassifier(200, random_state=0).fit(values, labels)
    detector = IsolationForest(random_state=0).fit(values)
    rows: list[Row] = []
    for path in files:
        person, exercise = path.parent.name, path.parent.parent.name
        if person in tested:
            said = classifier.classes_[classifier.predict_proba(features[path]).mean(axis=0).argmax()]
            right = None if exercise == UNKNOWN else bool(said == exercise)
            rows.append((person, fold, right, float(-detector.score_samples(features[path]).mean())))
    return rows


def describe(signal: np.ndarray) -> np.ndarray:
    """Statistics of every window, ``(windows, 5 · axes)``."""
    windows = np.lib.stride_tricks.sliding_window_view(signal, LENGTH, axis=0)[::STRIDE]
    steps = np.abs(np.diff(windows, axis=2)).mean(axis=2)
    return np.concatenate(
        [windows.mean(axis=2), windows.std(axis=2), windows.min(axis=2), windows.max(axis=2), steps], axis=1
    )


def figures(rows: list[Row]) -> dict[str, tuple[float, float, float]]:
    """Accuracy and AUROC, each with its interval."""
    people = sorted({row[0] for row in rows})
    own = {person: [row for row in rows if row[0] == person] for person in people}
    random = np.random.default_rng(0)
    drawn = [
        [row for person in random.choice(people, len(people)) for row in own[person]] for _ in range(1000)
    ]
    report = {}
    for name, figure in (("accuracy", accuracy), ("AUROC", auroc)):
        low, high = np.percentile([figure(sample) for sample in drawn], [2.5, 97.5])
        report[name] = (figure(rows), float(low), float(high))
    return report


def accuracy(rows: list[Row]) -> float:
    """Share of trained exercises that were named rightly."""
    return float(np.mean([right for _, _, right, _ in rows if right is not None]))


def auroc(rows: list[Row]) -> float:
    """Chance that an untrained exercise scores above a trained one; scores are compared within a fold only."""
    above = pairs = 0.0
    for fold in {row[1] for row in rows}:
        trained = np.array([score for _, at, right, score in rows if at == fold and right is not None])
        other = np.array([score for _, at, right, score in rows if at == fold and right is None])
        above += float((other[:, None] > trained).sum() + 0.5 * (other[:, None] == trained).sum())
        pairs += len(other) * len(trained)
    return above / pairs


if __name__ == "__main__":
    sys.exit(main())

"""How long the command line takes when there is nothing to compute: `--help`, and a cached run of 20 nodes.

    python benchmarks/command_line.py

Each round times bare Python, `edgewright --help` and the cached run one after another, so that a busy machine slows all three;
the medians of the ratios and differences are printed. Goals: `--help` at most 10 × bare Python; the cached run at most 0.4 s more
than `--help`; exit code 1 when one is missed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HELP_GOAL = 10  # times bare Python
CACHED_GOAL = 0.4  # seconds beyond --help
ROUNDS = 11
PROCESSING = 18
DATA_SAMPLES = 200


def impulse() -> str:
    """18 processing nodes and 2 learning nodes over two axes."""
    names = [f"flat{number}" for number in range(PROCESSING)]
    processing = "\n".join(
        f"  - {{id: {name}, block: flatten, params: {{scale-axes: {number + 1}}}}}"
        for number, name in enumerate(names)
    )
    first, second = ", ".join(names[:9]), ", ".join(names[9:])
    return f"""version: 1
name: twenty
data: {{path: data, normal: [idle], abnormal: rest}}
input: {{kind: time-series, frequency: 100, window_ms: 400, stride_ms: 200, axes: [accX, accY]}}
processing:
{processing}
learning:
  - {{id: one, block: kmeans, input: [{first}], params: {{clusters: 3}}}}
  - {{id: two, block: kmeans, input: [{second}], params: {{clusters: 3}}}}
"""


def write_data(folder: Path) -> None:
    """A few seeded recordings of two classes."""
    import numpy as np

    for label, size in (("idle", 0.1), ("broken", 3.0)):
        (folder / label).mkdir(parents=True)
        for recording in range(6):
            values = size * np.random.default_rng(recording).standard_normal((DATA_SAMPLES, 2))
            rows = "\n".join(f"{10 * t},{a:.5f},{b:.5f}" for t, (a, b) in enumerate(values))
            (folder / label / f"{recording}.csv").write_text(f"timestamp,accX,accY\n{rows}\n")


def seconds(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    """Wall time of one command."""
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> int:
    """Print both figures beside their goals; 1 when one is missed."""
    edgewright = [sys.executable, "-m", "edgewright"]
    run = [*edgewright, "run", "impulse.yaml", "--runner", "process", "-o", "run"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # As installed: pip compiles what it installs, so a setting that keeps a source tree uncompiled does not count.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"EDGEWRIGHT_STORE": str(folder / "store")}
        write_data(folder / "data")
        (folder / "impulse.yaml").write_text(impulse())
        print("filling the store …", flush=True)
        for _ in range(2):
            seconds(run, folder, environment)
        ratios, differences, helps = [], [], []
        for _ in range(ROUNDS):
            bare = seconds([sys.executable, "-c", "pass"], folder, environment)
            help_ = seconds([*edgewright, "--help"], folder, environment)
            cached = seconds(run, folder, environment)
            helps.append(help_)
            ratios.append(help_ / bare)
            differences.append(cached - help_)
    ratio, difference = statistics.median(ratios), statistics.median(differences)
    print(
        f"--help: {1000 * statistics.median(helps):.0f} ms, {ratio:.1f} × bare Python (goal: at most {HELP_GOAL})"
    )
    print(f"cached run of 20 nodes: {difference:.2f} s beyond --help (goal: at most {CACHED_GOAL})")
    return 0 if ratio <= HELP_GOAL and difference <= CACHED_GOAL else 1


if __name__ == "__main__":
    sys.exit(main())

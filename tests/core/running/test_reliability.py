"""``benchmarks/reliability.py``: it works, and it would tell what it looks for."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "reliability.py"


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    yield importlib.import_module("reliability_bench")
    sys.modules.pop("reliability_bench", None)


@pytest.fixture
def bench(watching: Any, tmp_path: Path) -> Any:
    """A bench after a run of one node whose output is right."""
    bench = watching.Bench(tmp_path, "process", 1, 0, 1)
    bench.unit = {"test": np.ones((2, 3), np.float32)}
    bench.write(0)
    made = tmp_path / "run" / "outputs" / "n0"
    made.mkdir(parents=True)
    np.save(made / "features-test-0.npy", bench.unit["test"] * np.float32(bench.scales[0]))
    return bench


def test_it_tells_an_output_that_is_wrong_from_one_that_is_lost(bench):
    bench.verify("a run", "lost")
    assert not bench.problems
    path = bench.folder / "run" / "outputs" / "n0" / "features-test-0.npy"
    made = np.load(path)
    made[1, 2] = np.nextafter(made[1, 2], np.float32(9))
    np.save(path, made)
    bench.verify("a run", "lost")
    assert (bench.counts["wrong"], bench.counts["lost"]) == (1, 0)
    path.unlink()
    bench.verify("a run", "lost")
    bench.verify("a run that was disturbed, and said ok", "wrong")
    assert (bench.counts["wrong"], bench.counts["lost"]) == (2, 1)


def test_it_tells_a_result_that_is_made_twice_and_whom_a_fault_hit(bench):
    def told(*events: tuple[str, str, str | None]) -> None:
        lines = [
            json.dumps({"event": event, "id": name, "node": "n0", **({"status": status} if status else {})})
            for event, name, status in events
        ]
        (bench.folder / "run" / "events.jsonl").write_text("\n".join(lines) + '\n{"event": "ta')
        bench.account("a fault", "a run")

    told(("start", "n0/a", None), ("task", "n0/a", "ran"), ("start", "n0/b", None), ("start", "n0/c", None))
    assert bench.strikes["a fault"] == 2
    told(("task", "n0/a", "hit"), ("start", "n0/b", None), ("task", "n0/b", "failed"))
    assert bench.strikes["a fault"] == 3
    assert not bench.problems
    told(("start", "n0/a", None), ("task", "n0/a", "ran"))
    assert bench.counts["lost"] == 1


def test_it_sees_a_process_that_outlived_its_run(bench, watching, monkeypatch):
    monkeypatch.setattr(watching, "ORPHAN_SECONDS", 0.2)
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "left-over"])
    try:
        bench.orphans("a run")
    finally:
        left.kill()
        left.wait()
    assert any("left-over" in problem for problem in bench.problems)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="it looks for orphans in /proc")
def test_every_fault_leaves_results_that_are_right_and_nothing_else():
    words = [sys.executable, str(SCRIPT), "--runner", "process", "--quick", "--nodes", "2", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    assert (result["wrong"], result["lost"], result["orphans"]) == (0, 0, 0), result["problems"]
    assert {"Our process killed", "Tasks killed"} <= set(result["runs disturbed"])
    assert result["tasks struck"]["Entries damaged"] == 5

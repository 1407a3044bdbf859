"""No container outlives the run that started it, however that run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from edgewright.runners.docker.lease import HOST, LEASE, NAMESPACE, PID, STARTED, Lease, sweep

pytestmark = pytest.mark.docker

CHILD = """
import sys, threading
from pathlib import Path
from edgewright.plugins import make_plugins
from edgewright.registry import resolve
from edgewright.runners.base import Job, Limits
from edgewright.runners.docker import DockerRunner

here, folder = Path(sys.argv[1]), Path(sys.argv[2])
runner = DockerRunner()
prepared = runner.prepare(resolve("probe", here, make_plugins()), lambda message: None)
for name in ("in", "out"):
    (folder / name).mkdir()
(folder / "in" / "probe.py").write_text("import time; open('/out/started', 'w').close(); time.sleep(600)")
runner.run(Job("killed", sys.argv[3], prepared, folder / "in", folder / "out", folder / "log", Limits()),
           threading.Event(), lambda message: None)
"""


def test_a_killed_run_leaves_no_container_after_five_seconds(
    prepared: Any, left_of: Any, tmp_path: Path
) -> None:
    run_id = f"killed-{tmp_path.name}-{os.getpid()}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(Path(__file__).parent), str(tmp_path), run_id],
        env=environment,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "out" / "started").exists():
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.05)
        assert len(left_of(run_id)) == 1
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    killed = time.monotonic()
    while left_of(run_id):
        assert time.monotonic() - killed < 5, "the reaper did not remove the container within 5 s"
        time.sleep(0.1)


def test_a_run_that_ends_well_ends_its_reaper(engine: Any) -> None:
    lease = Lease()
    lease.start()
    reaper = lease._reaper
    assert reaper is not None
    assert reaper.poll() is None
    started = time.monotonic()
    lease.close()
    assert reaper.poll() == 0
    assert time.monotonic() - started < 2


def test_a_run_in_doubt_has_its_reaper_look(prepared: Any, engine: Any, left_of: Any) -> None:
    lease = Lease()
    lease.start()
    engine.create_container(prepared.image, command=["true"], labels=lease.labels("doubtful", "task"))
    assert len(left_of("doubtful")) == 1
    lease.close(clean=False)
    assert left_of("doubtful") == []


def test_the_sweep_takes_the_dead_and_leaves_the_living(prepared: Any, engine: Any) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    mine = Lease().labels("sweep-test", "task")
    assert mine[PID] == str(os.getpid())
    cases = {
        "dead": {**mine, PID: str(dead.pid)},
        "number taken by another": {**mine, STARTED: "1"},
        "living": mine,
        "of another host": {**mine, PID: str(dead.pid), HOST: "elsewhere"},
        "of another process namespace": {**mine, PID: str(dead.pid), NAMESPACE: "pid:[1]"},
        "labels of a stranger": {LEASE: "x"},
    }
    made = {
        name: engine.create_container(prepared.image, command=["true"], labels=labels)["Id"]
        for name, labels in cases.items()
    }
    try:
        removed = set(sweep(engine))
        assert {name for name, container in made.items() if container in removed} == {
            "dead",
            "number taken by another",
        }
    finally:
        for container in set(made.values()) - removed:
            engine.remove_container(container, force=True)

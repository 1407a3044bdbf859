"""Container tests run where an engine answers. Elsewhere they skip and say so, unless EDGEWRIGHT_REQUIRE_ENGINE=1."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.runners.base import Job, Limits, Outcome, Prepared
from edgewright.runners.docker import DockerRunner

HERE = Path(__file__).parent
SHORT = Limits(
    seconds=60, grace_seconds=1, memory_bytes=256 << 20, out_bytes=8 << 20, out_files=200, tmp_bytes=32 << 20
)


def quiet(_message: Any) -> None:
    pass


@pytest.fixture(scope="session")
def probe(engine: Any) -> Block:
    return resolve("probe", HERE, make_plugins())


@pytest.fixture(scope="session")
def prepared(probe: Block) -> Prepared:
    return DockerRunner().prepare(probe, quiet)


@pytest.fixture
def runner(engine: Any) -> Iterator[DockerRunner]:
    runner = DockerRunner()
    yield runner
    runner.close()


@dataclass
class Ran:
    outcome: Outcome
    log: str
    out: Path
    messages: list[Any] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, Any]:
        assert self.outcome.reason == "ok", (self.outcome, self.log)
        result: dict[str, Any] = json.loads((self.out / "facts.json").read_text())
        return result


Run = Callable[..., Ran]
LeftOf = Callable[[str], list[str]]


@pytest.fixture
def run(left_of: LeftOf, runner: DockerRunner, prepared: Prepared, tmp_path: Path) -> Run:
    """Run a text in the probe's container; afterwards nothing of it may be left."""

    def start(
        code: str, *, image: str | None = None, cancel: threading.Event | None = None, **limits: Any
    ) -> Ran:
        in_dir, out_dir = tmp_path / "in", tmp_path / "out"
        in_dir.mkdir()
        out_dir.mkdir()
        (in_dir / "probe.py").write_text(code)
        (in_dir / "probe.py").chmod(0o600)  # the runner must let the task's user read it
        ready = replace(prepared, image=image) if image else prepared
        job = Job(
            "task",
            f"run-{tmp_path.name}",
            ready,
            in_dir,
            out_dir,
            tmp_path / "log.txt",
            replace(SHORT, **limits),
        )
        messages: list[Any] = []
        outcome = runner.run(job, cancel or threading.Event(), messages.append)
        assert left_of(job.run_id) == []
        return Ran(outcome, job.log_path.read_text(errors="replace"), out_dir, messages)

    return start


@pytest.fixture
def left_of(engine: Any) -> LeftOf:
    """Ids of the containers of a run that the engine still has."""

    def look(run_id: str) -> list[str]:
        label = f"org.edgewright.run={run_id}"
        return [found["Id"] for found in engine.containers(all=True, filters={"label": label})]

    return look


@pytest.fixture
def short() -> Limits:
    return SHORT

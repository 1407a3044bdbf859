"""The runner bwrap: what a block meets inside, beside what it is told (the faults are in tests/evil)."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.plugins import make_plugins
from edgewright.registry import resolve
from edgewright.runners.base import Job, Limits, Outcome, Prepared
from edgewright.runners.bwrap import BwrapRunner, cgroups
from edgewright.runners.bwrap.view import host_view
from edgewright.runners.grants import NO_GRANTS, Grants
from edgewright.runners.unenforced import ALLOW_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.bwrap

SPEC = {
    "version": 1,
    "type": "processing",
    "info": {"title": "Probe", "name": "probe", "description": "Runs what the test says"},
    "parameters": [],
    "edgewright": {
        "contract": 1,
        "environment": "base",
        "operations": ["transform"],
        "command": ["python3", "main.py"],
    },
}


@pytest.fixture(scope="module")
def runner() -> Iterator[BwrapRunner]:
    made = BwrapRunner()
    missing = made.available()
    if missing and not os.environ.get("EDGEWRIGHT_REQUIRE_ENGINE"):
        pytest.skip(missing)
    assert missing is None
    yield made
    made.close()


@pytest.fixture
def probe(runner: BwrapRunner, tmp_path: Path) -> Any:
    """Run a program's text as a block; what it puts into ``facts`` comes back."""
    folder = tmp_path / "block"
    folder.mkdir()
    (folder / "parameters.json").write_text(json.dumps(SPEC))
    block = resolve(str(folder), tmp_path, make_plugins())

    def run(text: str, grants: Grants = NO_GRANTS, **limits: Any) -> tuple[Outcome, dict[str, Any]]:
        head = "import json\nfacts = {}\n"
        (folder / "main.py").write_text(f"{head}{text}\njson.dump(facts, open('/out/facts.json', 'w'))\n")
        for name in ("in", "out"):
            (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / "in" / "request.json").write_text('{"contract": 1, "operation": "transform"}')
        prepared = Prepared(block, runner.name, ())
        request = {"operation": "transform"}
        job = Job(
            "j", "r", prepared, tmp_path / "in", tmp_path / "out", tmp_path / "log",
            Limits(seconds=30, **limits), request=request, grants=grants,
        )  # fmt: skip
        outcome = runner.run(job, threading.Event(), lambda _: None)
        made = tmp_path / "out" / "facts.json"
        return outcome, json.loads(made.read_text()) if made.exists() else {}

    return run


def test_a_task_sees_and_may_nothing_beyond_its_own(probe: Any, tmp_path: Path) -> None:
    outcome, facts = probe(
        "import ctypes, errno, os\n"
        "for path in ['/', '/etc', '/block', '/in', '/usr', '/dev', '/tmp', '/out', '/dev/shm']:\n"
        "    try:\n"
        "        open(path + '/file', 'w').close(); facts[path] = 'written'; os.unlink(path + '/file')\n"
        "    except OSError as problem: facts[path] = errno.errorcode[problem.errno]\n"
        "facts['root'] = sorted(set(os.listdir('/')) - {'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'})\n"
        f"canaries = ['/etc/passwd', '/etc/hostname', '/var/run', {os.fspath(tmp_path)!r}, {__file__!r}]\n"
        "facts['seen'] = [path for path in canaries if os.path.exists(path)]\n"
        "facts['id'] = [os.getuid(), os.getgid(), os.getgroups()]\n"
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "facts['held'] = [status[n].strip() for n in ('CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')]\n"
        "facts['fds'] = sorted(int(n) for n in os.listdir('/proc/self/fd'))[:3]\n"
        "facts['open'] = len(os.listdir('/proc/self/fd'))\n"
        "facts['pids'] = len([n for n in os.listdir('/proc') if n.isdigit()])\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "calls = {'unshare': lambda: libc.unshare(0x10000000), 'mount': lambda: libc.mount(b'a', b'/tmp', b'tmpfs', 0, 0),\n"
        "         'ptrace': lambda: libc.ptrace(0, 0, 0, 0), 'io_uring': lambda: libc.syscall(425, 1, 0)}\n"
        "for name, call in calls.items(): facts[name] = errno.errorcode[ctypes.get_errno()] if call() < 0 else 'done'\n"
    )
    assert (outcome.reason, outcome.message) == ("ok", "")
    assert [facts[path] for path in ("/tmp", "/out", "/dev/shm")] == ["written"] * 3
    assert {facts[path] for path in ("/", "/etc", "/block", "/in", "/usr", "/dev")} == {"EROFS"}
    given = {"block", "dev", "etc", "in", "out", "proc", "tmp", "usr"}
    assert (
        given
        <= set(facts["root"])
        <= given | {Path(place).parts[1] for _, place in host_view(Path("/block")).bound}
    )
    assert facts["seen"] == []
    assert facts["id"][0] == (os.geteuid() or 65532)
    assert facts["held"] == ["0" * 16, "0" * 16, "0" * 16, "1", "2"]
    assert facts["fds"] == [0, 1, 2]
    assert facts["open"] == 4  # and the one that lists them
    assert facts["pids"] == 2
    assert [facts[name] for name in ("unshare", "mount", "ptrace", "io_uring")] == ["EPERM"] * 4


def test_processes_are_capped_and_the_record_says_what_held(probe: Any) -> None:
    outcome, facts = probe(
        "import os, time\n"
        "facts['made'] = 0\n"
        "try:\n"
        "    for _ in range(200):\n"
        "        if os.fork() == 0: time.sleep(30)\n"
        "        facts['made'] += 1\n"
        "except BlockingIOError: facts['ended'] = 'EAGAIN'\n",
        pids=20,
    )
    assert outcome.reason == "ok"
    assert facts["ended"] == "EAGAIN"
    assert 5 < facts["made"] < 20
    assert outcome.enforced["pids"] == 20
    assert "not enforced" not in outcome.enforced.values()


def test_what_it_can_not_hold_or_give_is_refused(probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "the network" in probe("", grants=Grants(network=True))[0].message
    monkeypatch.setattr(cgroups, "find_places", lambda: None)
    monkeypatch.delenv(ALLOW_VARIABLE, raising=False)
    outcome, _ = probe("")
    assert outcome.reason == "refused"
    assert "memory" in outcome.message
    monkeypatch.setenv(ALLOW_VARIABLE, "1")
    outcome, _ = probe("facts['ran'] = 1")
    assert outcome.reason == "ok"
    assert outcome.enforced["memory_bytes"] == outcome.enforced["pids"] == "not enforced"


def test_no_control_group_is_left(probe: Any) -> None:
    places = cgroups.find_places()
    assert places is not None
    probe("import os; os._exit(3)")
    left = [
        group
        for folder in places.folders.values()
        for group in folder.glob(f"{cgroups.PREFIX}{os.getpid()}-*")
    ]
    assert left == []

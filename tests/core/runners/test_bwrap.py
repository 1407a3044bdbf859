"""The runner bwrap: what a block meets inside, beside what it is told (the faults are in tests/evil)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
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
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
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
    probe("import os; os._exit(3)")
    assert groups_of(os.getpid()) == []


def test_groups_that_can_not_be_made_are_no_fault_of_the_block(
    probe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = cgroups.find_places()
    assert places is not None
    gone = {**places.folders, "lost": tmp_path / "lost"}  # after it was found
    monkeypatch.setattr(cgroups, "find_places", lambda: cgroups.Places(places.version, gone))
    outcome, _ = probe("")
    assert outcome.reason == "infra"
    assert "No such file" in outcome.message
    assert f"{tmp_path}/lost/{cgroups.PREFIX}{os.getpid()}-" in outcome.message
    monkeypatch.undo()
    assert groups_of(os.getpid()) == [], "those that could be made are gone again"


def test_a_killed_supervisor_takes_its_sandbox_along(probe: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        task = pool.submit(probe, "import time; time.sleep(60)")
        inside = processes_of(os.getpid())
        (supervisor,) = {parent(pid) for pid in inside} - set(inside)
        os.kill(supervisor, signal.SIGKILL)
        outcome, _ = task.result(timeout=30)
    assert (outcome.reason, outcome.message) == ("infra", "its supervisor was killed before it could report")
    assert groups_of(os.getpid()) == [], "none is left that would keep one"


def test_tasks_outlive_what_their_supervisors_are_forks_of(probe: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        task = pool.submit(probe, "import time; time.sleep(1); facts['ended'] = 1")
        inside = processes_of(os.getpid())
        (supervisor,) = {parent(pid) for pid in inside} - set(inside)
        forked_from = parent(supervisor)
        assert forked_from != os.getpid()
        os.kill(forked_from, signal.SIGKILL)
        assert task.result(timeout=30)[0].reason == "ok"
    assert probe("")[0].reason == "ok"


SCRIPT = """
import sys
from pathlib import Path
from threading import Event
from edgewright.plugins import make_plugins
from edgewright.registry import resolve
from edgewright.runners.base import Job, Limits, Prepared
from edgewright.runners.bwrap import BwrapRunner
here = Path(sys.argv[1])
prepared = Prepared(resolve(str(here / "block"), here, make_plugins()), "bwrap", ())
job = Job("j", "r", prepared, here / "in", here / "out", here / "log", Limits(), request={"operation": "transform"})
BwrapRunner().run(job, Event(), print)
"""


def test_nothing_survives_when_we_are_killed(probe: Any, tmp_path: Path) -> None:
    probe("")  # which makes the block and its input
    (tmp_path / "block" / "main.py").write_text(
        "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(600)\n"
    )
    roots = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], env={**os.environ, "PYTHONPATH": roots}
    ) as us:
        inside = processes_of(us.pid)
        us.kill()
    deadline = time.monotonic() + 20
    while any(group_members(group) for group in groups_of(us.pid)):
        assert time.monotonic() < deadline, inside
        time.sleep(0.02)
    cgroups.sweep()
    assert groups_of(us.pid) == []


def groups_of(owner: int) -> list[Path]:
    """The control groups of a process's tasks."""
    places = cgroups.find_places()
    assert places is not None
    folders = set(places.folders.values())
    return [group for folder in folders for group in folder.glob(f"{cgroups.PREFIX}{owner}-*")]


def group_members(group: Path) -> list[int]:
    try:
        return [int(line) for line in (group / "cgroup.procs").read_text().split()]
    except FileNotFoundError:
        return []


def processes_of(owner: int) -> list[int]:
    """The processes of its task, once the program runs beside bubblewrap's two."""
    deadline = time.monotonic() + 30
    while True:
        found = [members for group in groups_of(owner) if len(members := group_members(group)) >= 3]
        if len(found) == len(groups_of(owner)) > 0:
            return found[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

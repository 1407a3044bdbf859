"""The strict profile: as the engine states it, and as a block meets it."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.runners.environment import task_environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.docker

UID = str(os.geteuid() or 65532)
GID = str(os.getegid() if os.geteuid() else 65532)


@pytest.fixture
def inspected(run: Any, engine: Any, tmp_path: Path) -> dict[str, Any]:
    """What the engine says of a task's container while it runs."""
    seen: list[dict[str, Any]] = []

    def look() -> None:
        label = f"org.edgewright.run=run-{tmp_path.name}"
        for _ in range(200):
            for found in engine.containers(filters={"label": label}):
                seen.append(engine.inspect_container(found["Id"]))
                cancel.set()
                return
            time.sleep(0.05)

    cancel = threading.Event()
    thread = threading.Thread(target=look)
    thread.start()
    assert run("import time; time.sleep(60)", cancel=cancel).outcome.reason == "cancelled"
    thread.join()
    return seen[0]


def test_the_engine_was_given_every_flag(
    inspected: dict[str, Any], prepared: Any, short: Any, tmp_path: Path
) -> None:
    host, config = inspected["HostConfig"], inspected["Config"]
    assert inspected["Image"] == prepared.image
    assert prepared.image.startswith("sha256:")
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["Privileged"] is False
    assert host["AutoRemove"] is False
    assert host["Init"] is True
    assert host["IpcMode"] == "private"
    assert host["CgroupnsMode"] == "private"
    assert host["PidsLimit"] == short.pids
    assert host["Memory"] == host["MemorySwap"] == short.memory_bytes
    assert host["NanoCpus"] == min(short.cpus, os.cpu_count() or 1) * 1e9
    assert host["ShmSize"] == short.shm_bytes
    assert host["Tmpfs"] == {"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={short.tmp_bytes}"}
    assert host["LogConfig"]["Type"] == "none"
    assert sorted((limit["Name"], limit["Soft"], limit["Hard"]) for limit in host["Ulimits"]) == [
        ("core", 0, 0),
        ("fsize", short.out_bytes + 1, short.out_bytes + 1),
        ("nofile", 4096, 4096),
    ]
    assert host["SecurityOpt"][0] == "no-new-privileges"
    profile = json.loads(host["SecurityOpt"][1].removeprefix("seccomp="))
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert not host["Binds"]
    mounts = {mount["Destination"]: (mount["Source"], mount["RW"]) for mount in inspected["Mounts"]}
    assert mounts == {"/in": (str(tmp_path / "in"), False), "/out": (str(tmp_path / "out"), True)}
    assert config["User"] == f"{UID}:{GID}"
    labels = config["Labels"]
    assert labels["org.edgewright.pid"] == str(os.getpid())
    assert {"org.edgewright.lease", "org.edgewright.host", "org.edgewright.started"} <= set(labels)


def test_the_record_states_what_holds(run: Any, short: Any) -> None:
    held = run("").outcome.enforced
    assert held["memory_bytes"] == short.memory_bytes
    assert held["out_files"] == short.out_files
    assert held["network"] == "none"
    assert "not enforced" not in held.values()


def test_the_environment_is_the_images_and_ours(
    run: Any, engine: Any, prepared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEWRIGHT_SECRET_OF_THE_HOST", "1")
    seen = run("import os; facts['environment'] = dict(os.environ)").facts["environment"]
    image = dict(line.split("=", 1) for line in engine.inspect_image(prepared.image)["Config"]["Env"])
    ours = task_environment(threads=1, home="/tmp", temporary="/tmp")
    assert seen.pop("HOSTNAME") == "block"
    path = seen.pop("PATH")
    assert path == image.get("PATH", path)
    image.pop("PATH", None)
    assert seen == {**image, **ours}


def test_only_out_and_tmp_can_be_written(run: Any) -> None:
    facts = run(
        "import errno, os\n"
        "for path in ['/', '/etc', '/block', '/in', '/usr', '/proc/sys', '/sys', '/home', '/tmp', '/out', '/dev/shm']:\n"
        "    try:\n"
        "        open(path + '/file', 'w').close(); facts[path] = 'written'; os.unlink(path + '/file')\n"
        "    except OSError as problem: facts[path] = errno.errorcode[problem.errno]\n"
        "facts['id'] = [os.getuid(), os.getgid()]\n"
        "facts['capabilities'] = [l.split()[1] for l in open('/proc/self/status') if l.startswith(('CapEff', 'CapBnd'))]\n"
        "facts['seccomp'] = [l.split()[1] for l in open('/proc/self/status') if l.startswith(('Seccomp:', 'NoNewPrivs'))]\n"
        "facts['socket'] = os.path.exists('/var/run/docker.sock')\n"
    ).facts
    assert facts.pop("id") == [int(UID), int(GID)]
    assert facts.pop("capabilities") == ["0" * 16, "0" * 16]
    assert sorted(facts.pop("seccomp")) == ["1", "2"]
    assert facts.pop("socket") is False
    assert {path for path, result in facts.items() if result == "written"} == {"/tmp", "/out", "/dev/shm"}


def test_the_kernel_is_out_of_reach(run: Any) -> None:
    facts = run(
        "import ctypes, errno, mmap, os, socket, subprocess, threading\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def refused(name, result): facts[name] = errno.errorcode[ctypes.get_errno()] if result == -1 else 'done'\n"
        "refused('unshare', libc.unshare(0x10000000))\n"
        "refused('setns', libc.setns(0, 0))\n"
        "refused('mount', libc.mount(b'none', b'/tmp', b'tmpfs', 0, None))\n"
        "refused('ptrace', libc.ptrace(0, 0, 0, 0))\n"
        "refused('personality', libc.personality(0x0040000))\n"
        "if os.uname().machine == 'x86_64':\n"
        "    numbers = {'io_uring_setup': 425, 'bpf': 321, 'userfaultfd': 323, 'keyctl': 250, 'perf_event_open': 298,\n"
        "               'add_key': 248, 'process_vm_readv': 310, 'kexec_load': 246, 'pidfd_getfd': 438, 'fsopen': 430}\n"
        "    for name, number in numbers.items(): refused(name, libc.syscall(number, 0, 0, 0, 0, 0))\n"
        "for family in (38, 40):\n"
        "    try: socket.socket(family, socket.SOCK_STREAM); facts[family] = 'done'\n"
        "    except OSError as problem: facts[family] = errno.errorcode[problem.errno]\n"
    ).facts
    assert set(facts.values()) <= {"EPERM", "ENOSYS"}, facts
    assert len(facts) >= 7


def test_numeric_python_works_under_the_profile(run: Any) -> None:
    facts = run(
        "import multiprocessing, subprocess, sys, threading\n"
        "import numpy as np, scipy.linalg\n"
        "facts['norm'] = float(scipy.linalg.norm(np.linalg.inv(np.eye(200) * 2)))\n"
        "thread = threading.Thread(target=lambda: facts.update(thread=1)); thread.start(); thread.join()\n"
        "facts['child'] = subprocess.run([sys.executable, '-c', 'print(2)'], capture_output=True).returncode\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool: facts['pool'] = pool.map(abs, [-1, -2])\n"
    ).facts
    assert facts == {"norm": pytest.approx(200**0.5 / 2), "thread": 1, "child": 0, "pool": [1, 2]}

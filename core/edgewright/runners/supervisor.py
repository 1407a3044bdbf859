"""Runs one command and outlives it just long enough to kill every descendant.

Started as ``python -I -S supervisor.py``: standard library only, nothing of ours is imported. Descriptor 0 is the
control pipe: one JSON line with the order, then ``term`` or ``kill`` lines; its end means that the host process is
gone, however it died. Descriptor 1 is the report pipe: one JSON line at the end.

On Linux this process is a *child subreaper*: orphans of the command (daemons that forked twice and left their session)
become its children, so it finds and kills them. Elsewhere only the command's process group is killed.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import time
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
#: How long descendants may resist SIGKILL (a fork bomb, a hung network disk) before the report says so.
KILL_SECONDS = 10.0

LINUX = sys.platform == "linux"
LIBC = ctypes.CDLL(None) if LINUX else None


def read_order() -> dict[str, Any]:
    """Read byte by byte: what follows the first line belongs to the main loop."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)
        line += byte
    order: dict[str, Any] = json.loads(line)
    return order


def start(order: dict[str, Any]) -> tuple[int, str]:
    """Fork and execute; return the process id and, when that failed, why."""
    for fd in order["descriptors"]:
        os.set_inheritable(fd, False)  # the command gets them as 0, 1 and 2 only
    told, tell = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            for number in (
                signal.SIGINT,
                signal.SIGTERM,
                signal.SIGHUP,
                signal.SIGPIPE,
                signal.SIGXFSZ,
                signal.SIGCHLD,
            ):
                signal.signal(number, signal.SIG_DFL)
            if LIBC is not None:
                LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
                if os.getppid() != parent:
                    os._exit(127)
            limit(order)
            os.umask(0o022)
            os.chdir(order["cwd"])
            for target, fd in enumerate(order["descriptors"]):
                os.dup2(fd, target)
            os.execvpe(order["argv"][0], order["argv"], order["env"])
        except BaseException as error:
            os.write(tell, str(error).encode())
        finally:
            os._exit(127)
    os.close(tell)
    for fd in order["descriptors"]:
        os.close(fd)
    with os.fdopen(told, "rb") as pipe:
        return pid, pipe.read().decode()


def limit(order: dict[str, Any]) -> None:
    """No core files; no file larger than the cap of the outputs."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = order["max_file_bytes"]
    if hard == resource.RLIM_INFINITY or size < hard:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def reap(main: int, ended: dict[str, Any]) -> bool:
    """Collect whoever has ended; note how ``main`` did. False when no child is left."""
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        if pid == main:
            ended["exit"] = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
            ended["signal"] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
            ended["cpu_seconds"] = usage.ru_utime + usage.ru_stime
            ended["max_rss_bytes"] = usage.ru_maxrss * (1024 if LINUX else 1)


def descendants() -> list[int]:
    """Every process below this one."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                # The name in parentheses may hold anything; state and parent follow the last one.
                fields = file.read().rpartition(b")")[2].split()
                if fields and fields[0] != b"Z":
                    children.setdefault(int(fields[1]), []).append(int(name))
    found, pending = [], [os.getpid()]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def kill_all(main: int, ended: dict[str, Any]) -> int:
    """SIGKILL every descendant until none is left; return how many resisted."""
    deadline = time.monotonic() + KILL_SECONDS
    while True:
        if not LINUX:
            with contextlib.suppress(OSError):
                os.killpg(main, signal.SIGKILL)
        else:
            for pid in descendants():
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        if not reap(main, ended):
            return 0
        if time.monotonic() > deadline:
            return len(descendants()) if LINUX else 1
        time.sleep(0.002)


def main() -> None:
    order = read_order()
    if LIBC is not None:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    began = time.monotonic()
    pid, problem = start(order)
    ended: dict[str, Any] = {}
    orphaned = False
    while reap(pid, ended) and "exit" not in ended:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
        if 0 in ready:
            command = os.read(0, 4096)
            if not command:
                orphaned = True
            if orphaned or b"kill" in command:
                kill_all(pid, ended)
            elif b"term" in command:
                with contextlib.suppress(OSError):
                    os.killpg(pid, signal.SIGTERM)
    seconds = time.monotonic() - began
    left = kill_all(pid, ended) if reap(pid, ended) else 0
    if not orphaned:
        report = {**ended, "seconds": seconds, "left": left, "problem": problem}
        with contextlib.suppress(OSError):
            os.write(1, json.dumps(report).encode() + b"\n")


if __name__ == "__main__":
    main()

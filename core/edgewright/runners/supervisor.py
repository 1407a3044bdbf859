"""Runs one command and outlives it just long enough to kill every descendant.

Forked by ``forking.py``; or started as ``python -I -S supervisor.py``: nothing of ours is imported, and little else,
since every task pays for it (json and typing would double its start). Descriptor 0 is the control pipe: the order
(marshalled, after its length), then ``term`` or ``kill`` lines; its end means that the host process is gone, however it
died. Descriptor 1 is the report pipe: ``name=value`` lines at the end.

On Linux this process is a *child subreaper*: orphans of the command (daemons that forked twice and left their session)
become its children, so it finds and kills them. Elsewhere only the command's process group is killed.
"""

from __future__ import annotations

import ctypes
import fcntl
import marshal
import os
import resource
import select
import signal
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
#: How long descendants may resist SIGKILL (a fork bomb, a hung network disk) before the report says so.
KILL_SECONDS = 10.0

LINUX = sys.platform == "linux"
LIBC = ctypes.CDLL(None, use_errno=True) if LINUX else None

#: From here on descriptors are out of the way of those that a command is given: 0, 1, 2 …
SPARE = 64

CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_SLAVE = 4096, 16384, 1 << 19
#: Everybody may look into it; what a sandbox takes its folders from is mounted over it, in a namespace of its own.
STAGE = "/tmp"


def read_order() -> dict[str, Any]:
    """Read exactly the order: what follows belongs to the main loop."""
    length = int.from_bytes(read_exactly(4), "little")
    order: dict[str, Any] = marshal.loads(read_exactly(length))
    return order


def read_exactly(count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = os.read(0, count - len(data))
        if not more:
            sys.exit(0)
        data += more
    return data


def execute(order: dict[str, Any]) -> None:
    """Replace this process by the command."""
    os.execvpe(order["argv"][0], order["argv"], order["env"])


def start(order: dict[str, Any], become: Callable[[dict[str, Any]], None]) -> tuple[int, str]:
    """Fork and execute; return the process id and, when that failed, why."""
    descriptors = [spare(fd) for fd in order["descriptors"]]
    told, tell = map(spare, os.pipe())
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            sandbox = order["sandbox"]
            for number in (
                signal.SIGINT,
                signal.SIGTERM,
                signal.SIGHUP,
                signal.SIGPIPE,
                signal.SIGXFSZ,
                signal.SIGCHLD,
            ):
                signal.signal(number, signal.SIG_DFL)
            for group in sandbox["joins"]:
                write(group, b"0")
            limit(order)
            if sandbox["user"]:
                stage(sandbox["sources"])
                os.setgroups([])
                os.setgid(sandbox["user"][1])
                os.setuid(sandbox["user"][0])
            if LIBC is not None:  # last: another user forgets it
                LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
                if os.getppid() != parent:
                    os._exit(127)
            os.umask(0o022)
            os.chdir(order["cwd"])
            for target, fd in enumerate(descriptors):
                os.dup2(fd, target)
            become(order)
        except Exception as error:
            os.write(tell, str(error).encode())
            os._exit(127)
    os.close(tell)
    for fd in descriptors:
        os.close(fd)
    with os.fdopen(told, "rb") as pipe:
        return pid, pipe.read().decode()


def spare(fd: int) -> int:
    """Move a descriptor to where no command's is; it ends with this program."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, SPARE)
    os.close(fd)
    return moved


def limit(order: dict[str, Any]) -> None:
    """No core files; no file larger than the cap of the outputs."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = order["max_file_bytes"]
    if hard == resource.RLIM_INFINITY or size < hard:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    if files := order["sandbox"]["max_open_files"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def write(path: str, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)


def stage(sources: list[str]) -> None:
    """Bind files and folders to ``/tmp/0``, ``/tmp/1`` …, in a mount namespace of this process.

    A task's user may not pass the folders that lead to them.
    """
    check(LIBC.unshare(CLONE_NEWNS), "unshare")  # type: ignore[union-attr]
    mount("none", "/", "", MS_REC | MS_SLAVE)
    opened = [os.open(source, os.O_PATH) for source in sources]  # in the new namespace, before it hides some
    mount("tmpfs", STAGE, "tmpfs", 0, "mode=755,size=1m")
    for number, fd in enumerate(opened):
        target = f"{STAGE}/{number}"
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            os.mkdir(target)  # noqa: PTH102
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
        mount(f"/proc/self/fd/{fd}", target, "", MS_BIND | MS_REC)
        os.close(fd)


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    words = (source.encode(), target.encode(), kind.encode(), flags, data.encode())
    check(LIBC.mount(*words), f"mount {target}")  # type: ignore[union-attr]


def check(answer: int, what: str) -> None:
    if answer:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def reap(main: int, ended: dict[str, Any]) -> bool:
    """Collect whoever has ended; note how ``main`` did. False when no child is left."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        if pid == main:
            ended["status"] = os.waitstatus_to_exitcode(status)  # negative: the signal


def descendants() -> list[int]:
    """Every process below this one."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                    # The name in parentheses may hold anything; state and parent follow the last one.
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            if fields and fields[0] != b"Z":
                children.setdefault(int(fields[1]), []).append(int(name))
    found, pending = [], [os.getpid()]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def send(kill: Any, target: int, number: int) -> None:
    """Send a signal to who may be gone already."""
    try:
        kill(target, number)
    except OSError:
        return


def kill_all(main: int, ended: dict[str, Any]) -> int:
    """SIGKILL every descendant until none is left; return how many resisted."""
    deadline = time.monotonic() + KILL_SECONDS
    while True:
        if not LINUX:
            send(os.killpg, main, signal.SIGKILL)
        else:
            for pid in descendants():
                send(os.kill, pid, signal.SIGKILL)
        if not reap(main, ended):
            return 0
        if time.monotonic() > deadline:
            return len(descendants()) if LINUX else 1
        time.sleep(0.002)


def main(descriptors: list[int] | None = None, become: Callable[[dict[str, Any]], None] = execute) -> None:
    order = read_order()
    if descriptors is not None:
        order["descriptors"] = descriptors
    if LIBC is not None:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    began = time.monotonic()
    pid, problem = start(order, become)
    ended: dict[str, Any] = {}
    orphaned = False
    while reap(pid, ended) and "status" not in ended:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
        if 0 in ready:
            command = os.read(0, 4096)
            if not command:
                orphaned = True
            if orphaned or b"kill" in command:
                kill_all(pid, ended)
            elif b"term" in command and not order["sandbox"]["monitored"]:
                send(os.killpg, pid, signal.SIGTERM)
            elif b"term" in command:  # who watches over the command would end it at once, without a grace
                for process in set(descendants()) - {pid}:
                    send(os.kill, process, signal.SIGTERM)
    seconds = time.monotonic() - began
    left = kill_all(pid, ended) if reap(pid, ended) else 0
    if orphaned:
        return
    report = {**ended, "seconds": seconds, "left": left, "problem": problem.replace("\n", " ")}
    try:
        os.write(1, "".join(f"{name}={value}\n" for name, value in report.items()).encode("utf-8", "replace"))
    except OSError:
        return


if __name__ == "__main__":
    main()

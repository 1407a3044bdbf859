"""An interpreter that has loaded libraries and waits to become tasks, each a fork of it.

Started as ``python forking.py SOCKET MODULE…``: it imports the modules, never code of a block, and then takes requests
from the socket until its other end is gone. A request is one byte with the two pipes of ``supervisor.py``, then the
command's descriptors. Each is answered by the id of a forked supervisor, which forks once more; that process goes on as
``python -m edgewright_sdk`` would: with the environment, folder, limits and signals of a new one, without having to load
anything. Without modules it executes its command as ever, and only the supervisor has nothing to load.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import signal
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgewright.runners import supervisor
else:
    # By its place: what a task imports must not find this folder, nor the package that it belongs to.
    _spec = importlib.util.spec_from_file_location(
        "edgewright_supervisor", os.path.join(os.path.dirname(__file__), "supervisor.py")  # noqa: PTH118, PTH120
    )  # fmt: skip
    supervisor = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(supervisor)

PIPES = 2
#: More than any task is given.
MOST_DESCRIPTORS = 32


class Become(BaseException):
    """Unwinds the stack of a forked process, which goes on as the command."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__()
        self.order = order


def serve(connection: socket.socket, become: Callable[[dict[str, Any]], None]) -> None:
    """Fork a supervisor for each request; ends with the connection, and in a forked task by :class:`Become`."""
    while True:
        _, given, _, _ = socket.recv_fds(connection, 1, MOST_DESCRIPTORS)
        if len(given) < PIPES:
            return
        pid = os.fork()
        if pid == 0:
            connection.close()
            supervise(given, become)
        for fd in given:
            os.close(fd)
        connection.sendall(pid.to_bytes(4, "little"))


def supervise(given: list[int], become: Callable[[dict[str, Any]], None]) -> None:
    """Be the supervisor of one command; only that command's process returns, by :class:`Become`."""
    try:
        os.setsid()
        for target, fd in enumerate(given[:PIPES]):
            os.dup2(fd, target)
            os.close(fd)
        supervisor.main(given[PIPES:], become)
    except Become:
        raise
    except BaseException:
        os._exit(1)
    os._exit(0)


def become(order: dict[str, Any]) -> None:
    """Raise :class:`Become` in a process whose descriptors, variables, signals and random numbers are a new one's."""
    os.closerange(3, max(int(name) for name in os.listdir("/proc/self/fd")) + 1)  # noqa: PTH208
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # as Python does when it starts
        signal.signal(number, signal.SIG_IGN)
    for fd, name in enumerate(("stdin", "stdout", "stderr")):  # ours know that they were no pipes
        was = getattr(sys, name)
        buffering = 1 if name == "stderr" else -1
        stream: Any = open(fd, was.mode, buffering, was.encoding, was.errors, closefd=False)  # noqa: SIM115
        stream.buffer.raw.name = was.name
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.environ.clear()
    os.environ.update(order["env"])
    if "tempfile" in sys.modules:
        vars(sys.modules["tempfile"])["tempdir"] = None
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # forks must not share what only looks like chance
    raise Become(order)


def load(modules: list[str]) -> None:
    """Import what there is of the modules; what lacks, the task that needs it will tell."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError:
            continue


def main() -> None:
    connection = socket.socket(fileno=int(sys.argv[1]))
    connection.set_inheritable(False)
    del sys.path[0]
    load(sys.argv[2:])
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        sys.exit("a library started threads, which a fork would lose")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the supervisors
    try:
        serve(connection, become if sys.argv[2:] else supervisor.execute)
    except Become as task:
        order = task.order
    else:
        return
    import runpy

    _, _, module, *arguments = order["argv"]  # python -m MODULE …
    sys.argv[1:] = arguments
    sys.path.insert(0, order["cwd"])
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

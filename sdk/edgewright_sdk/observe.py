"""``python3 -m edgewright_sdk.observe REPORT BLOCK --in DIR --out DIR``: one task, watched by Python's audit hooks.

For the conformance kit. What the block does beyond its contract is written to REPORT as it happens, one JSON object a
line: ``what`` (``network``, ``write`` or ``program``), ``detail`` and ``where`` (the line of the block that led to it).
Nothing is prevented. Only Python's own calls are seen: neither native code nor the other programs that it starts.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright_sdk.driver import main as run_driver

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: Devices, and what the kernel shows of the process itself; a container has both.
_HARMLESS: Final = ("/dev/", "/proc/self/", f"/proc/{os.getpid()}/")
#: Events that change files: how many of their first arguments are paths, and where a folder descriptor stands.
_PATHS: Final[dict[str, tuple[int, int | None]]] = {
    "os.mkdir": (1, 2),
    "os.remove": (1, 1),
    "os.rmdir": (1, 1),
    "os.rename": (2, 2),
    "os.truncate": (1, None),
    "os.chmod": (1, 2),
    "os.chown": (1, 3),
    "sqlite3.connect": (1, None),
}
_PROGRAMS: Final = ("subprocess.Popen", "os.system", "os.posix_spawn", "os.exec")


class Observer:
    """Writes each deed once.

    Parameters
    ----------
    report : int
        Descriptor.
    block : Path
        The block's folder, to find its lines.
    allowed : tuple of str
        Folders that a task may write to, each with a slash at its end.
    """

    def __init__(self, report: int, block: Path, allowed: tuple[str, ...]) -> None:
        self._report = report
        self._block = str(block)
        self._allowed = allowed
        self._serves = False
        self._seen: set[tuple[str, str]] = set()
        self._busy = threading.local()

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one audit event; never raises, since that would stop the block."""
        look = _LOOKS.get(event)
        if look is None or getattr(self._busy, "now", False):
            return
        self._busy.now = True
        try:
            look(self, event, arguments)
        except Exception as error:
            self._tell("unread", f"{event}: {type(error).__name__}: {error}")
        finally:
            self._busy.now = False

    def _tell(self, what: str, detail: str) -> None:
        if (what, detail) in self._seen:
            return
        self._seen.add((what, detail))
        line = json.dumps({"what": what, "detail": detail[:300], "where": self._line()})
        os.write(self._report, line.encode() + b"\n")

    def _line(self) -> str:
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(self._block + os.sep):
                return f"{os.path.relpath(file, self._block)}:{frame.f_lineno}"
            frame = frame.f_back
        return ""

    def _open(self, _event: str, arguments: tuple[Any, ...]) -> None:
        path, mode, flags = arguments
        writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else False
        if writes or (isinstance(flags, int) and flags & _WRITING):
            self._changed(path)

    def _change(self, event: str, arguments: tuple[Any, ...]) -> None:
        count, folder_at = _PATHS[event]
        for number, path in enumerate(arguments[:count]):
            at = None if folder_at is None else folder_at + number
            folder = arguments[at] if at is not None and at < len(arguments) else -1
            self._changed(path, folder if isinstance(folder, int) else -1)

    def _link(self, _event: str, arguments: tuple[Any, ...]) -> None:
        self._changed(arguments[1])

    def _changed(self, path: Any, folder: int = -1) -> None:
        if isinstance(path, int) or path is None:
            return
        name = os.fsdecode(path)
        if not os.path.isabs(name) and folder >= 0:  # noqa: PTH117 - at every file that is opened
            try:
                name = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), name)  # noqa: PTH115, PTH118
            except OSError:  # not Linux
                return
        if not name or name == ":memory:":
            return
        # The folder is resolved, the last part is not: it is the entry that changes.
        place = os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name))  # noqa: PTH118, PTH119, PTH120
        if not f"{place}/".startswith((*self._allowed, *_HARMLESS)):
            self._tell("write", place)

    def _address(self, event: str, arguments: tuple[Any, ...]) -> None:
        address = arguments[1]
        if not isinstance(address, tuple):
            return  # a Unix socket, or a datagram of a connected one
        host, port = str(address[0]), address[1]
        if event == "socket.bind" and _loopback(host):
            self._serves = True
        elif not (self._serves and _loopback(host)):
            verb = "listens at" if event == "socket.bind" else "connects to"
            self._tell("network", f"{verb} {host}:{port}")

    def _name(self, _event: str, arguments: tuple[Any, ...]) -> None:
        host = arguments[0]
        text = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
        if host is not None and not _loopback(text) and not _numeric(text):
            self._tell("network", f"looks up {text}")

    def _program(self, _event: str, arguments: tuple[Any, ...]) -> None:
        program = arguments[0]
        self._tell(
            "program", os.fsdecode(program) if isinstance(program, (bytes, os.PathLike)) else str(program)
        )


def _loopback(host: str) -> bool:
    return host in ("", "localhost", "::1") or host.startswith("127.")


def _numeric(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


_LOOKS: Final[dict[str, Callable[[Observer, str, tuple[Any, ...]], None]]] = {
    "open": Observer._open,
    **dict.fromkeys(_PATHS, Observer._change),
    **dict.fromkeys(("os.link", "os.symlink"), Observer._link),
    **dict.fromkeys(("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"), Observer._address),
    **dict.fromkeys(("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"), Observer._name),
    **dict.fromkeys(_PROGRAMS, Observer._program),
}


def main(arguments: list[str]) -> int:
    """Run the driver under observation; returns its exit code."""
    report, block, *rest = arguments
    folders = [rest[rest.index("--out") + 1], os.environ["TMPDIR"], os.environ["HOME"]]
    allowed = tuple(f"{os.path.realpath(folder)}/" for folder in folders)
    # A cold task starts in a folder that goes with it; this program is started in the block's.
    os.chdir(Path(os.environ["HOME"]).parent)
    root = Path(block).resolve()
    observer = Observer(os.open(report, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), root, allowed)
    sys.addaudithook(observer.hook)
    return run_driver(["run", "--block", str(root), *rest])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

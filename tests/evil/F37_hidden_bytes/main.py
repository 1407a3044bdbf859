"""Fills the disk of /out with bytes that no file's size shows."""
# ruff: noqa: PTH108

import array
import ctypes
import fcntl
import os
import socket
import struct
import time

from task import params, paths

KEEP_SIZE, ZERO_RANGE = 0x01, 0x10
FS_IOC_RESVSP64, FS_IOC_ZERO_RANGE = 0x4030582A, 0x40305839
EACH = 16 << 20  # below the cap of one file
libc = ctypes.CDLL(None, use_errno=True)


def allocate(mode: int) -> None:
    """Give a file blocks beyond its end."""
    for number in range(40):
        with (paths.out / f"small-{number}").open("wb") as file:
            size = ctypes.c_long(EACH)
            if libc.fallocate(file.fileno(), mode, ctypes.c_long(0), size) < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def reserve(request: int) -> None:
    """The same by the older way in, which is an ioctl."""
    for number in range(40):
        with (paths.out / f"small-{number}").open("wb") as file:
            fcntl.ioctl(file.fileno(), request, struct.pack("hhqqiI4i", 0, 0, 0, EACH, 0, 0, 0, 0, 0, 0))


def write(descriptor: int) -> None:
    for _ in range(EACH >> 20):
        os.write(descriptor, bytes(1 << 20))


def unlinked() -> None:
    """Keep files open that have no name any more."""
    held = []
    for number in range(40):
        file = (paths.out / f"gone-{number}").open("wb")
        held.append(file)
        os.unlink(file.name)
        write(file.fileno())
    time.sleep(600)


def unnamed() -> None:
    """Files that never had a name."""
    held = [os.open(paths.out, os.O_TMPFILE | os.O_WRONLY) for _ in range(40)]
    for descriptor in held:
        write(descriptor)
    time.sleep(600)


def in_flight() -> None:
    """Files that have neither a name nor a process that holds them: they are on their way through a socket."""
    one, _ = pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for _ in range(40):
        descriptor = os.open(paths.out, os.O_TMPFILE | os.O_WRONLY)
        write(descriptor)
        one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))])
        os.close(descriptor)
    time.sleep(600 if pair else 0)


def attributes() -> None:
    """Large extended attributes of small files."""
    for number in range(100):
        path = paths.out / f"small-{number}"
        path.touch()
        for name in range(1000):
            os.setxattr(path, f"user.a{name}", os.urandom(3000))


WAYS = {
    "keep-size": lambda: allocate(KEEP_SIZE),
    "zero-range": lambda: allocate(KEEP_SIZE | ZERO_RANGE),
    "reserve": lambda: reserve(FS_IOC_RESVSP64),
    "reserve-zeros": lambda: reserve(FS_IOC_ZERO_RANGE),
    "unlinked": unlinked,
    "unnamed": unnamed,
    "in-flight": in_flight,
    "attributes": attributes,
}
try:
    WAYS[params["variant"]]()
except OSError as problem:
    print("refused:", problem, flush=True)
    raise SystemExit(5) from None
print("DONE", flush=True)
time.sleep(2)

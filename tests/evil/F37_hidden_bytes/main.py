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
SPACE = struct.pack("hhqqiI4i", 0, 0, 0, EACH, 0, 0, 0, 0, 0, 0)
libc = ctypes.CDLL(None, use_errno=True)


def allocate() -> None:
    """Give files blocks beyond their end: by a system call, and by the older way in, which is an ioctl."""
    for name, way in {
        "keep size": lambda fd: fallocate(fd, KEEP_SIZE),
        "zero range": lambda fd: fallocate(fd, KEEP_SIZE | ZERO_RANGE),
        "reserve": lambda fd: fcntl.ioctl(fd, FS_IOC_RESVSP64, SPACE),
        "reserve zeros": lambda fd: fcntl.ioctl(fd, FS_IOC_ZERO_RANGE, SPACE),
    }.items():
        for number in range(10):
            with (paths.out / f"{name} {number}").open("wb") as file:
                try:
                    way(file.fileno())
                    print(f"{name}: DONE", flush=True)
                except OSError as problem:
                    print(f"{name}: refused, {problem}", flush=True)


def fallocate(descriptor: int, mode: int) -> None:
    if libc.fallocate(descriptor, mode, ctypes.c_long(0), ctypes.c_long(EACH)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


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


def in_flight() -> None:
    """Files that have neither a name nor a process that holds them: they are on their way through a socket."""
    one, _ = pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for _ in range(40):
        descriptor = os.open(paths.out, os.O_TMPFILE | os.O_WRONLY)
        write(descriptor)
        one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))])
        os.close(descriptor)
    time.sleep(600 if pair else 0)


{"allocate": allocate, "unlinked": unlinked, "in-flight": in_flight}[params["variant"]]()
time.sleep(1)
raise SystemExit(5)

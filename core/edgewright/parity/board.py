"""What a board's self-test says over a serial port."""

from __future__ import annotations

import json
import os
import re
import select
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgewright.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: How the line begins that a self-test prints; others (a boot loader's, the application's) are passed over.
BEGINS = b'{"build_id"'
LONGEST_LINE = 1 << 20


def read_result(port: str, baud: int, seconds: float) -> dict[str, Any]:
    """Wait for the line of JSON that a package's self-test prints.

    Parameters
    ----------
    port : str
        A serial device.
    baud : int
    seconds : float
        How long to wait for it.

    Raises
    ------
    UsageError
        The port can't be opened, or not at that speed.
    DataError
        No whole result came, or one that isn't a self-test's.
    """
    with _opened(port, baud) as descriptor:
        text = _line(descriptor, port, baud, time.monotonic() + seconds)
    try:
        document = json.loads(text)
    except ValueError:
        shown = text[:200].decode(errors="replace")
        raise DataError(
            f"{port}: the self-test's line arrived damaged: {shown}",
            hint="lower --baud on both sides, or try again",
        ) from None
    _check(document, port)
    return dict(document)


def package_build(folder: Path) -> str:
    """Build id of a package, or of a run.

    Raises
    ------
    UsageError
        It is neither.
    """
    from edgewright.running import Run

    data = folder / "selftest" / "selftest_data.h"
    if data.is_file():
        found = re.search(r"self-test of build ([0-9a-f]{16})", data.read_text(encoding="utf-8")[:4096])
        if found is not None:
            return found[1]
    if (folder / "run.json").is_file():
        build = Run(folder).record.get("build_id")
        if build:
            return str(build)
    raise UsageError(
        f"{folder}: neither a run with device code nor a C++ package with a self-test",
        hint="give a run folder, or what `edgewright deploy --target cpp` wrote",
    )


@contextmanager
def _opened(port: str, baud: int) -> Iterator[int]:
    try:
        import termios
        import tty
    except ImportError:
        raise UsageError(
            "serial ports are read on Linux and macOS only",
            hint="run this under WSL2, with the port attached to it",
        ) from None
    speed = getattr(termios, f"B{baud}", None)
    if not baud or speed is None:
        known = sorted(int(name[1:]) for name in dir(termios) if re.fullmatch(r"B[1-9]\d*", name))
        raise UsageError(f"--baud {baud}", hint=f"allowed: {', '.join(map(str, known))}")
    try:
        descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        raise UsageError(
            f"{port}: {error.strerror}", hint="is the board connected, and may this user open the port?"
        ) from None
    try:
        tty.setraw(descriptor)
        settings = termios.tcgetattr(descriptor)
        settings[2] |= termios.CLOCAL | termios.CREAD
        settings[4] = settings[5] = speed
        termios.tcsetattr(descriptor, termios.TCSANOW, settings)
        yield descriptor
    except termios.error as error:
        raise UsageError(f"{port}: not a serial port: {error}") from None
    finally:
        os.close(descriptor)


def _line(descriptor: int, port: str, baud: int, until: float) -> bytes:
    """The first whole line that begins as a self-test's does."""
    heard, kept = 0, b""
    while (left := until - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            break
        try:
            piece = os.read(descriptor, 65536)
        except BlockingIOError:
            continue
        except OSError:
            piece = b""
        if not piece:
            raise DataError(f"{port}: the connection was lost", hint="is the board still connected?")
        heard += len(piece)
        kept += piece
        while b"\n" in kept:
            line, _, kept = kept.partition(b"\n")
            at = line.find(BEGINS)
            if at >= 0:
                return line[at:].strip()
        if len(kept) > LONGEST_LINE:
            kept = kept[-len(BEGINS) :]
    said = f"{heard} bytes came, none of them a self-test's result" if heard else "nothing was heard"
    raise DataError(
        f"{port}: {said} at {baud} baud",
        hint="reset the board while this waits, and see that it sends what selftest/selftest.cpp prints",
    )


def _check(document: Any, port: str) -> None:
    nodes = document.get("nodes") if isinstance(document, dict) else None
    good = isinstance(nodes, dict) and all(_is_result(result) for result in nodes.values())
    if not good or not isinstance(document.get("ok"), bool):
        raise DataError(
            f"{port}: what came is JSON, but no self-test's result",
            hint="flash the package's selftest/selftest.cpp, which prints one",
        )


def _is_result(result: Mapping[str, Any] | Any) -> bool:
    return isinstance(result, dict) and all(
        isinstance(result.get(name), (int, float)) for name in ("largest_difference", "beyond_tolerance")
    )

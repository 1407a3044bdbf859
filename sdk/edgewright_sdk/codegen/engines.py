"""A package's self-test on every processor that can be had here: this one, others by emulation, and emulated boards."""

from __future__ import annotations

import platform
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright_sdk.codegen.compilers import FLAGS, has_zig, native_compilers, zig_compiler
from edgewright_sdk.codegen.firmware import (
    BOARDS,
    Board,
    TooLargeError,
    build_firmware,
    missing_tools,
    run_firmware,
)
from edgewright_sdk.codegen.templates import TEXT
from edgewright_sdk.codegen.verify import SECONDS, SlowError, build_selftest, printed_result, run_selftest
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Processors that run Linux, by what the system and the compiler call them.
PROCESSORS = {"x86-64": ("x86_64", "amd64"), "aarch64": ("aarch64", "arm64")}


def on_every_processor(package: Path) -> dict[str, dict[str, Any]]:
    """Compile and run a package's self-test for each of :data:`PROCESSORS` and each board.

    Returns
    -------
    dict
        By processor or board what :func:`~edgewright_sdk.codegen.verify.run_selftest` gives, or ``missing``, ``too_large``, ``too_slow``
        or ``failed``.

    Raises
    ------
    BlockError
        When the package has no self-test.
    """
    if not (package / "selftest" / "selftest.cpp").is_file():
        raise BlockError(
            "the package has no self-test data; build it with `selftest-data: recorded` or `synthetic`"
        )
    here = platform.machine().lower()
    found = {}
    for name, machines in PROCESSORS.items():
        if here in machines:
            missing = [] if native_compilers() else ["g++"]
            native = attempt(missing, partial(run_selftest, package))
            found[name] = (
                {"failed": native["too_slow"]} if "too_slow" in native else native
            )  # no emulator's fault
        else:
            found[name] = _emulated(package, machines[0])
    for name, board in BOARDS.items():
        found[name] = attempt(missing_tools(), partial(_on_board, package, board))
    return found


def attempt(missing: list[str], run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Call ``run`` unless something is missing, and tell of a failure instead of raising it."""
    if missing:
        return {"missing": missing}
    try:
        return run()
    except TooLargeError as error:
        return {"too_large": str(error)}
    except SlowError as error:
        return {"too_slow": str(error)}
    except BlockError as error:
        return {"failed": str(error)}


def _emulated(package: Path, machine: str) -> dict[str, Any]:
    """By qemu's user mode, as a program that needs no library of that processor."""
    name = f"qemu-{machine}"
    emulator = shutil.which(name) or shutil.which(f"{name}-static")
    missing = ([] if emulator else [name]) + ([] if has_zig() else ["ziglang"])

    def run() -> dict[str, Any]:
        assert emulator is not None
        with tempfile.TemporaryDirectory(prefix="edgewright-parity-") as work:
            compiler = zig_compiler()
            options, system = ["-target", f"{machine}-linux-musl"], Path(work) / "system.o"
            compiler.run(["-O2", *FLAGS, *options, "-c", TEXT / "firmware" / "linux.cpp", "-o", system])
            # Mathematics and memcpy are of the compiler's own runtime, which it links to what has no system.
            link: list[str | Path] = [system, "-target", f"{machine}-freestanding"]
            binary, _ = build_selftest(package, compiler, Path(work), options, link)
            return {**printed_result([emulator, str(binary)], SECONDS), "compiler": compiler.version()}

    return attempt(missing, run)


def _on_board(package: Path, board: Board) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="edgewright-parity-") as work:
        return run_firmware(build_firmware(package, board, Path(work)), board)

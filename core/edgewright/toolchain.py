"""The compiler that device code needs under runner ``process``: found on the host, or fetched once as a Python wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from edgewright.errors import RunnerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright.registry import Block

WHEEL = "ziglang"
HOST_COMPILERS = ("g++", "clang++")


def ensure(block: Block, *, compiles: bool, tell: Callable[[str], None]) -> None:
    """Make sure that ``block`` finds a compiler when it runs as a plain process.

    Blocks of the ``toolchain`` environment need the ``ziglang`` wheel; others need it only where they compile
    (``verify``) and the host has no C++ compiler. A container brings its own.

    Raises
    ------
    RunnerUnavailableError
        The wheel is needed and can't be installed here.
    """
    section = block.spec.edgewright
    environment = getattr(section, "environment", None)
    needed = environment == "toolchain" or (
        compiles and not any(shutil.which(name) for name in HOST_COMPILERS)
    )
    if not needed or find_spec(WHEEL) is not None:
        return
    tell(f"fetching the compiler that block {block.name!r} needs: pip install {WHEEL} (about 100 MB, once)")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", WHEEL],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise RunnerUnavailableError(
            f"block {block.name!r} needs the Python package {WHEEL!r} to compile device code: {last}",
            hint=f"pip install {WHEEL}, or use --runner docker, whose images bring it",
        )

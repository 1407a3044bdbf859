"""C++ compilers on this machine, and how each is called."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What device code is compiled with everywhere. No contraction into fused multiply-adds: the same rounding on every CPU.
FLAGS = (
    "-std=c++17",
    "-fno-exceptions",
    "-fno-rtti",
    "-ffp-contract=off",
)
#: What our own sources are held to in tests. A package must build with tomorrow's compilers too, so users' builds don't
#: turn warnings into errors.
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wdouble-promotion")

HINT = "install one: `apt-get install g++`, `apt-get install clang` or `pip install ziglang`"


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler: ``name`` is g++, clang++ or zig, ``command`` starts it."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, arguments: Sequence[str | Path], *, cwd: Path | None = None, seconds: float = 600) -> None:
        """Call the compiler.

        Raises
        ------
        BlockError
            With the compiler's first lines of output when it fails or hangs.
        """
        command = [*self.command, *map(str, arguments)]
        try:
            done = subprocess.run(
                command,
                cwd=cwd,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise BlockError(f"{self.name} didn't finish within {seconds:g} s") from None
        if done.returncode != 0:
            shown = "\n".join((done.stderr or done.stdout).splitlines()[:20])
            raise BlockError(f"{self.name} failed with exit code {done.returncode}:\n{shown}")

    def version(self) -> str:
        """First line of ``--version``."""
        zig = self.name == "zig"  # python -m ziglang c++ …
        command = [*self.command[:3], "version"] if zig else [*self.command, "--version"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, **self.environment}
        )
        line = done.stdout.splitlines()[0] if done.stdout else "?"
        return line if line.startswith(self.name) else f"{self.name} {line}"


def native_compilers() -> list[Compiler]:
    """All compilers for this machine, in the order in which they are tried: ``$CXX``, g++, clang++, zig."""
    found: list[Compiler] = []
    if os.environ.get("CXX"):
        command = shlex.split(os.environ["CXX"])
        if shutil.which(command[0]):
            found.append(Compiler(Path(command[0]).name, tuple(command)))
    for name in ("g++", "clang++"):
        path = shutil.which(name)
        if path and all(compiler.name != name for compiler in found):
            found.append(Compiler(name, (path,)))
    if has_zig():
        # Nothing of ours calls the C++ library; without it zig's first run takes seconds, not minutes.
        zig = zig_compiler()
        found.append(Compiler(zig.name, (*zig.command, "-nostdlib++"), zig.environment))
    return found


def native_compiler() -> Compiler:
    """Choose the first of :func:`native_compilers`.

    Raises
    ------
    BlockError
        When there is none.
    """
    compilers = native_compilers()
    if not compilers:
        raise BlockError(f"no C++ compiler was found ($CXX, g++, clang++, ziglang); {HINT}")
    return compilers[0]


def has_zig() -> bool:
    """Whether the ``ziglang`` wheel is installed in this Python."""
    return importlib.util.find_spec("ziglang") is not None


def zig_compiler() -> Compiler:
    """``python -m ziglang c++`` with a cache that it may write.

    Raises
    ------
    BlockError
        When the wheel isn't installed.
    """
    if not has_zig():
        raise BlockError(
            "this target is compiled by zig, which isn't installed here; install it: `pip install ziglang` "
            "(or `pip install edgewright[deploy]`), or use the container runner, whose toolchain image has it"
        )
    cache = str(_zig_cache())
    return Compiler(
        "zig",
        (sys.executable, "-m", "ziglang", "c++"),
        {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache},
    )


def _zig_cache() -> Path:
    """Return a writable cache folder; a read-only warm one (as in an image) is copied there at first use."""
    given = os.environ.get("ZIG_GLOBAL_CACHE_DIR")
    if given and os.access(given, os.W_OK):
        return Path(given)
    user = os.getuid() if hasattr(os, "getuid") else 0
    cache = Path(tempfile.gettempdir()) / f"edgewright-zig-{user}"
    if not cache.exists():
        staged = Path(tempfile.mkdtemp(prefix="edgewright-zig-"))  # readable by this user only
        if given and Path(given).is_dir():
            shutil.copytree(given, staged, symlinks=True, dirs_exist_ok=True)
            staged.chmod(0o700)
        try:
            staged.rename(cache)
        except OSError:  # another task was first
            shutil.rmtree(staged, ignore_errors=True)
    status = cache.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != user or status.st_mode & 0o022:
        return Path(tempfile.mkdtemp(prefix="edgewright-zig-"))  # somebody else's folder could hold anything
    return cache

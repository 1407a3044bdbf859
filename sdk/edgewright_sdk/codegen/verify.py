"""Compile and run a package's C++ self-test on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright_sdk.codegen.compilers import FLAGS, Compiler, native_compiler
from edgewright_sdk.codegen.package import cpp_sources
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 300


class SlowError(BlockError):
    """A self-test that was stopped before it ended."""


def run_selftest(package: Path, compiler: Compiler | None = None) -> dict[str, Any]:
    """Build ``src/`` and ``selftest/`` of a package and run the result.

    Parameters
    ----------
    package : Path
        Only read.
    compiler : Compiler, optional
        By default ``$CXX``, g++, clang++ or zig, the first there is.

    Returns
    -------
    dict
        ``ok``, ``compiler``, ``windows``, ``nodes``: the largest difference of each, ``decisions_differ``, ``arena_bytes``,
        ``stream_bytes``, ``code_bytes`` (library at -Os for this CPU, None where it can't be told).

    Raises
    ------
    BlockError
        When there is no self-test or no compiler, when it fails, or when the program ends otherwise than by its result.
    """
    program = package / "selftest" / "selftest.cpp"
    if not program.is_file():
        raise BlockError(
            "the package has no self-test data; build it with `selftest-data: recorded` or `synthetic` to verify it"
        )
    compiler = compiler or native_compiler()
    with tempfile.TemporaryDirectory(prefix="edgewright-verify-") as name:
        work = Path(name)
        binary, objects = build_selftest(package, compiler, work)
        found = printed_result([str(binary)], SECONDS)
        return {**found, "compiler": compiler.version(), "code_bytes": _code_bytes(objects)}


def build_selftest(
    package: Path,
    compiler: Compiler,
    work: Path,
    options: Sequence[str] = (),
    system: Sequence[str | Path] = ("-lm",),
) -> tuple[Path, list[Path]]:
    """Compile a package's self-test into the folder ``work``: the program, and the library's objects at -Os.

    ``options`` are those of every compilation, ``system`` is what the program is linked with.
    """
    objects = _compile(compiler, package, work, options)
    binary, main = work / "selftest.bin", work / "selftest.o"
    program = package / "selftest" / "selftest.cpp"
    compiler.run(
        ["-O2", *FLAGS, *options, f"-I{package / 'src'}", "-c", program, "-o", main],
        cwd=work,
    )
    compiler.run([*options, main, *objects, "-o", binary, *system], cwd=work)
    return binary, objects


def printed_result(command: Sequence[str], seconds: float) -> dict[str, Any]:
    """Run a self-test and read the JSON object that it prints.

    Raises
    ------
    BlockError
        When it prints none, or doesn't end.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise SlowError(f"the self-test didn't finish within {seconds:g} s") from None
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise BlockError(f"the self-test ended with {done.returncode} and printed no result") from None
    return found


def _compile(compiler: Compiler, package: Path, work: Path, options: Sequence[str]) -> list[Path]:
    objects = []
    for i, source in enumerate(cpp_sources(package / "src")):
        if source.name.startswith(
            "ei_"
        ):  # other names for applications: they need a C++ library and compute nothing
            continue
        objects.append(work / f"{i}.o")
        compiler.run(["-Os", *FLAGS, *options, "-c", source, "-o", objects[-1]], cwd=work)
    return objects


def _code_bytes(objects: list[Path]) -> int | None:
    """Code and constants of object files, by binutils' ``size`` where it is there."""
    size = shutil.which("size")
    if size is None:
        return None
    done = subprocess.run([size, *objects], capture_output=True, text=True, check=False)
    try:
        return sum(int(line.split()[0]) + int(line.split()[1]) for line in done.stdout.splitlines()[1:])
    except (ValueError, IndexError):
        return None

"""Static programs for Linux: compiled by zig for each processor, and their self-tests run here or by an emulator."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright_sdk.codegen.compilers import zig_compiler
from edgewright_sdk.codegen.program import compile_program, write_program
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright_sdk import TrainedImpulse
    from edgewright_sdk.codegen.graph import Graph

#: Processor -> what its programs are compiled for. One set of flags each, so that the C library is built once; musl is
#: linked statically, and nothing needs the C++ library. The toolchain image has the same flags.
TARGETS: Final = {"x86-64": "x86_64-linux-musl", "aarch64": "aarch64-linux-musl"}
OPTIONS: Final = ("-s", "-static", "-nostdlib++")
#: Processor -> the emulator that runs its programs elsewhere, and the name that Linux gives it.
EMULATORS: Final = {"x86-64": ("qemu-x86_64", "x86_64"), "aarch64": ("qemu-aarch64", "aarch64")}

_SECONDS = 300


def build_static(
    graph: Graph,
    impulse: TrainedImpulse,
    own: Path,
    to: Path,
    processor: str,
    *,
    selftest: bool,
    generated: Mapping[str, str] | None = None,
) -> None:
    """Compile a program for a processor of :data:`TARGETS` into an executable file.

    Parameters
    ----------
    graph : Graph
    impulse : TrainedImpulse
    own : Path
        Folder of the C++ that the block adds to the shared sources; it has ``main``.
    to : Path
    processor : str
    selftest : bool
        Whether the self-test becomes part of the program.
    generated : mapping, optional
        Name -> text of headers that the block writes itself.
    """
    compiler = zig_compiler()
    with tempfile.TemporaryDirectory(prefix="edgewright-linux-") as name:
        work = Path(name)
        sources = write_program(graph, impulse, own, work, selftest=selftest, generated=generated)
        options = ["-target", TARGETS[processor], *OPTIONS]
        shutil.copyfile(compile_program(compiler, sources, work, "program", options), to)
    to.chmod(0o755)


def run_selftests(programs: Mapping[str, Path]) -> dict[str, Any]:
    """Run the self-test of each program: here, or by qemu-user where it is installed.

    Parameters
    ----------
    programs : mapping
        Processor -> program.

    Returns
    -------
    dict
        The worst answer, all of them as ``engines``, and ``not_run``: processor -> why.

    Raises
    ------
    BlockError
        When none can be run, or one has no self-test or doesn't finish it.
    """
    answers: dict[str, dict[str, Any]] = {}
    skipped: dict[str, str] = {}
    for processor, program in programs.items():
        command = command_for(processor)
        if command is None:
            skipped[processor] = f"{EMULATORS[processor][0]} isn't installed (Debian: qemu-user)"
        else:
            answers[processor] = _run(command, program)
    if not answers:
        raise BlockError(f"no program runs here: {', '.join(skipped.values()) or 'there is none'}")
    worst = min(answers.values(), key=lambda answer: bool(answer["ok"]))
    return {**worst, "engines": answers, "not_run": skipped}


def command_for(processor: str) -> list[str] | None:
    """What starts a program of a processor here, before its name; None where nothing does."""
    emulator, machine = EMULATORS[processor]
    if platform.system() == "Linux" and platform.machine() == machine:
        return []
    found = shutil.which(emulator)
    return [found] if found else None


def _run(command: list[str], program: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="edgewright-linux-") as work:
        copy = Path(work, "program")  # a package may lie where nothing can be executed
        shutil.copyfile(program, copy)
        copy.chmod(0o700)
        try:
            done = subprocess.run(
                [*command, str(copy), "--selftest"],
                capture_output=True, text=True, timeout=_SECONDS, check=False, env={"PATH": os.defpath},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise BlockError(f"the self-test of {program.name} didn't finish within {_SECONDS} s") from None
    if done.returncode == 2:
        raise BlockError(
            "the package has no self-test data; build it with `selftest-data: recorded` or `synthetic` to verify it"
        )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise BlockError(
            f"the self-test of {program.name} ended with {done.returncode} and printed no result"
        ) from None
    return answer

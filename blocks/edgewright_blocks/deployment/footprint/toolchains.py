"""The compilers that are here for each processor, and what would be missing."""

from __future__ import annotations

import platform
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from edgewright_sdk import BlockError
from edgewright_sdk.codegen.compilers import Compiler, has_zig, native_compiler, zig_compiler
from edgewright_sdk.codegen.firmware import CROSS, EMULATOR

from .program import BOARD_OF, MODULE
from .wasm import has_wasmtime

_ZIG = {
    "cortex-m4f": ("thumb-freestanding-eabihf", "cortex_m4+vfp4d16sp"),
    "cortex-m7": ("thumb-freestanding-eabihf", "cortex_m7+fp_armv8d16"),
    "esp32s3": ("thumb-freestanding-eabihf", "cortex_m7+fp_armv8d16"),
    "cortex-a": ("aarch64-freestanding", "cortex_a72"),
    "x86-64": ("x86_64-freestanding", "x86_64"),
    "browser": ("wasm32-freestanding", "generic+simd128+bulk_memory"),
}
_BARE = "gcc-arm-none-eabi libnewlib-arm-none-eabi"


@dataclass(frozen=True)
class Toolchain:
    """How code for a processor is compiled, linked and run here.

    Attributes
    ----------
    compiler, options
    link : tuple of str or None
        Options that link a program; None where objects are all that can be made.
    run : tuple of str or None
        What runs a program and counts.
    missing : list of dict
        Tools that aren't here: ``tool``, what it would be ``for``, how to ``get`` it.
    """

    compiler: Compiler
    options: tuple[str, ...]
    link: tuple[str, ...] | None
    run: tuple[str, ...] | None
    missing: list[dict[str, str]] = field(default_factory=list)


def toolchain(cpu: str) -> Toolchain:
    """Find the tools for a processor.

    Raises
    ------
    BlockError
        None of its compilers is here.
    """
    if cpu in BOARD_OF:
        return _cortex_m(cpu)
    if cpu == "x86-64" and platform.machine().lower() in ("x86_64", "amd64"):
        return _native()
    wanted = []
    if cpu == "cortex-a":
        wanted = [
            _lacks("a counter of AArch64 instructions", "instruction counts", "none comes in a package")
        ]
    if cpu == MODULE and not has_wasmtime():
        wanted = [_lacks("wasmtime", "instruction counts", "pip install wasmtime")]
    if cpu == "x86-64":
        wanted = [_lacks("an x86-64 machine", "linked sizes and instruction counts", "run it on one")]
    return _zig(cpu, wanted)


def _cortex_m(cpu: str) -> Toolchain:
    compiler, qemu = shutil.which(CROSS), shutil.which(EMULATOR)
    if compiler is None or not _has_newlib():
        what = f"{CROSS} with newlib"
        return _zig(
            cpu, [_lacks(what, "linked sizes, stack and instruction counts", f"apt-get install {_BARE}")]
        )
    missing = []
    if qemu is None:
        missing.append(_lacks(EMULATOR, "instruction counts and stack", "apt-get install qemu-system-arm"))
    return Toolchain(
        Compiler(CROSS, (compiler,)),
        (*BOARD_OF[cpu].cpu, "-mfloat-abi=hard", "-mthumb", "-DEW_BARE"),
        ("-nostartfiles", "--specs=nano.specs", "--specs=nosys.specs", "-T", "measure/mps2.ld", "-lm"),
        None if qemu is None else (
            qemu, "-M", BOARD_OF[cpu].machine, "-nographic", "-monitor", "none", "-serial", "null", "-icount", "shift=0",
            "-semihosting-config", "enable=on,target=native", "-kernel",
        ),
        missing,
    )  # fmt: skip


def _has_newlib() -> bool:
    command = [CROSS, "-print-file-name=nano.specs"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return Path(found).is_absolute()


def _native() -> Toolchain:
    valgrind = shutil.which("valgrind")
    if valgrind is not None and not (Path(valgrind).parents[1] / "include/valgrind/callgrind.h").is_file():
        valgrind = None
    missing = [] if valgrind else [_lacks("valgrind", "instruction counts", "apt-get install valgrind")]
    run = (
        None
        if valgrind is None
        else (valgrind, "--tool=callgrind", "--callgrind-out-file=counts", "--log-file=log")
    )
    return Toolchain(native_compiler(), (), ("-lm",), run, missing)


def _zig(cpu: str, missing: list[dict[str, str]]) -> Toolchain:
    if not has_zig():
        known = "; ".join(f"{one['tool']}: {one['get']}" for one in missing)
        raise BlockError(
            f"no compiler for {cpu} is here; install one: `pip install ziglang` for sizes"
            + (f", or {known}" if known else "")
        )
    target, features = _ZIG[cpu]
    options = ("-target", target, f"-mcpu={features}", "-Ifreestanding", "-DEW_BARE")
    run = ("wasmtime",) if cpu == MODULE and has_wasmtime() else None
    return Toolchain(zig_compiler(), options, None, run, missing)


def _lacks(tool: str, what: str, get: str) -> dict[str, str]:
    return {"tool": tool, "for": what, "get": get}

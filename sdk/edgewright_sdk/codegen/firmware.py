"""A package's self-test as firmware for Cortex-M boards, and what QEMU's UART says when it runs there."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright_sdk.codegen.compilers import FLAGS, Compiler
from edgewright_sdk.codegen.package import cpp_sources
from edgewright_sdk.codegen.templates import TEXT, fill
from edgewright_sdk.codegen.verify import printed_result
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: From Debian: gcc-arm-none-eabi, libnewlib-arm-none-eabi, qemu-system-arm.
CROSS, EMULATOR = "arm-none-eabi-gcc", "qemu-system-arm"
SECONDS = 300
#: A nanosecond an instruction, and no memory that answers late: the same run every time.
_MACHINE = ("-display", "none", "-monitor", "none", "-icount", "shift=0")
_SEMIHOSTING = ("-semihosting-config", "enable=on,target=native")


@dataclass(frozen=True)
class Board:
    """A board of QEMU's: ``machine`` is its name there, ``cpu`` the compiler's options for it, ``psram`` where its PSRAM lies."""

    machine: str
    cpu: tuple[str, ...]
    psram: str


BOARDS: Mapping[str, Board] = {
    "Cortex-M4": Board("mps2-an386", ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16"), "0x21000000"),
    "Cortex-M7": Board("mps2-an500", ("-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16"), "0x60000000"),
}


class TooLargeError(BlockError):
    """What was linked doesn't fit the board."""


def missing_tools() -> list[str]:
    """Which programs that building and running firmware needs are not here."""
    return [tool for tool in (CROSS, EMULATOR) if shutil.which(tool) is None]


def build_firmware(
    package: Path, board: Board, work: Path, options: Sequence[str] = ("-O2",), defines: Sequence[str] = ()
) -> Path:
    """Compile ``src/`` and ``selftest/`` of a package for a board.

    Parameters
    ----------
    package : Path
        Only read.
    work : Path
        An empty folder.
    options : sequence of str
        How to optimise.
    defines : sequence of str
        Further options of all sources.

    Returns
    -------
    Path
        The program, in ELF.

    Raises
    ------
    TooLargeError
        When it doesn't fit the board's memory, with the numbers.
    BlockError
        When the compiler fails.
    """
    compiler = Compiler(CROSS, (CROSS,))
    text = TEXT / "firmware"
    cpu = [*board.cpu, "-mfloat-abi=hard", "-mthumb", "-ffunction-sections", "-fdata-sections", *defines]
    includes: list[str | Path] = [f"-I{package / 'src'}", "-include", text / "mps2.h"]
    sources = [source for source in cpp_sources(package / "src") if not source.name.startswith("ei_")]
    sources += [package / "selftest" / "selftest.cpp", text / "mps2.cpp"]
    objects = [work / f"{number}.o" for number in range(len(sources))]
    for source, made in zip(sources, objects, strict=True):
        compiler.run([*cpu, *options, *FLAGS, *includes, "-c", source, "-o", made], cwd=work)
    link = ["-nostartfiles", "--specs=nano.specs", "-u", "_printf_float", "-Wl,--gc-sections"]
    script = work / "mps2.ld"
    script.write_text(fill("firmware/mps2.ld", psram=board.psram), encoding="utf-8")
    program = work / "selftest.elf"
    try:
        compiler.run([*cpu, *link, "-T", script, *objects, "-lm", "-o", program], cwd=work)
    except BlockError as error:
        beyond = re.search(r"region `(\w+)' overflowed by (\d+) bytes", str(error))
        if beyond is None:
            raise
        raise TooLargeError(f"{beyond[2]} bytes more than {board.machine} has of {beyond[1]}") from None
    return program


def run_firmware(program: Path, board: Board) -> dict[str, Any]:
    """Run a self-test by QEMU and read the JSON object that its UART prints.

    Raises
    ------
    BlockError
        When it prints none, or doesn't end.
    """
    machine = [EMULATOR, "-M", board.machine, *_MACHINE, *_SEMIHOSTING, "-serial", "stdio"]
    return printed_result([*machine, "-kernel", str(program)], SECONDS)

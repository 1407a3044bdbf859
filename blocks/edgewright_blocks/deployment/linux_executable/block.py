"""Linux executable: a trained impulse as one static program for each processor."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright_sdk import BlockError, DeploymentBlock
from edgewright_sdk.codegen.compilers import zig_compiler
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.package import package_values, write_files
from edgewright_sdk.codegen.templates import fill

from .program import compile_program, write_program

if TYPE_CHECKING:
    from edgewright_sdk import Params, TrainedImpulse

#: Processor -> what its programs are compiled for. One set of flags each, so that the C library is built once; musl is
#: linked statically, and nothing needs the C++ library. The toolchain image has the same flags.
TARGETS: Final = {"x86-64": "x86_64-linux-musl", "aarch64": "aarch64-linux-musl"}
OPTIONS: Final = ("-s", "-static", "-nostdlib++")
#: Processor -> the emulator that runs its programs elsewhere, and the name that Linux gives it.
EMULATORS: Final = {"x86-64": ("qemu-x86_64", "x86_64"), "aarch64": ("qemu-aarch64", "aarch64")}

_SECONDS = 300


class LinuxExecutable(DeploymentBlock):
    """Programs that need nothing but a Linux kernel."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Write ``<name>-linux-<processor>.eim`` for each processor, and how to use them."""
        graph = Graph(impulse)
        compiler = zig_compiler()
        wanted = [name for name in TARGETS if params.processors in ("both", name)]
        for processor in wanted:
            with tempfile.TemporaryDirectory(prefix="edgewright-linux-") as name:
                work = Path(name)
                selftest = params.selftest_data != "none"
                sources = write_program(graph, impulse, self.folder, work, selftest=selftest)
                options = ["-target", TARGETS[processor], *OPTIONS]
                program = compile_program(compiler, sources, work, "program", options)
                shutil.copyfile(program, out / program_name(graph.name, processor))
        for processor in wanted:
            (out / program_name(graph.name, processor)).chmod(0o755)
        templates = self.folder / "templates"
        values = package_values(graph) | {
            "program": program_name(graph.name, wanted[0]),
            "programs": "\n".join(f"| `{program_name(graph.name, one)}` | {one} |" for one in wanted),
            "examples": _EXAMPLES["image" if graph.image else "signal"].replace(
                "PROGRAM", f"./{program_name(graph.name, wanted[0])}"
            ),
            "threshold": f"--threshold {graph.learning[0].id}=1.5" if graph.learning else "",
        }
        files = {name: fill(templates / name, **values) for name in ("README.md", "LICENSE.txt")}
        write_files(files, out)

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Run the self-test of each program: here, or by qemu-user where it is installed."""
        answers: dict[str, dict[str, Any]] = {}
        skipped: dict[str, str] = {}
        for processor in TARGETS:
            for program in package.glob(f"*-linux-{processor}.eim"):
                command = _command(processor)
                if command is None:
                    skipped[processor] = f"{EMULATORS[processor][0]} isn't installed (Debian: qemu-user)"
                else:
                    answers[processor] = _run(command, program)
        if not answers:
            raise BlockError(f"no program runs here: {', '.join(skipped.values()) or 'there is none'}")
        worst = min(answers.values(), key=lambda answer: bool(answer["ok"]))
        return {
            **worst,
            "engines": answers,
            "not_run": skipped,
            "program_bytes": {path.name: path.stat().st_size for path in sorted(package.glob("*.eim"))},
        }


def program_name(name: str, processor: str) -> str:
    """File name of a program; clients of the Linux runner protocol expect ``.eim``."""
    return f"{name}-linux-{processor}.eim"


def _command(processor: str) -> list[str] | None:
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


_EXAMPLES = {
    "signal": """\
PROGRAM recording.csv other.wav          # a JSON line for each window
tail -f /dev/ttyACM0 | PROGRAM -         # a stream of rows, as it comes
arecord -t wav -f S16_LE -r RATE | PROGRAM -   # a microphone, for impulses of sound""",
    "image": """\
PROGRAM part.png other.bmp               # a JSON line for each picture
djpeg photo.jpg | PROGRAM -              # JPEG, by way of PPM
ffmpeg -i /dev/video0 -f image2pipe -c:v ppm - | PROGRAM -   # a camera, picture by picture""",
}

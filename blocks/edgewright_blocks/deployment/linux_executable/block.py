"""Linux executable: a trained impulse as one static program for each processor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright_sdk import DeploymentBlock
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.linux import TARGETS, build_static, run_selftests
from edgewright_sdk.codegen.package import package_values, write_files
from edgewright_sdk.codegen.templates import fill

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_sdk import Params, TrainedImpulse


class LinuxExecutable(DeploymentBlock):
    """Programs that need nothing but a Linux kernel."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Write ``<name>-linux-<processor>.eim`` for each processor, and how to use them."""
        graph = Graph(impulse)
        wanted = [name for name in TARGETS if params.processors in ("both", name)]
        selftest = params.selftest_data != "none"
        for processor in wanted:
            program = out / program_name(graph.name, processor)
            build_static(graph, impulse, self.folder / "program", program, processor, selftest=selftest)
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
        programs = {
            processor: path for processor in TARGETS for path in package.glob(f"*-linux-{processor}.eim")
        }
        return {
            **run_selftests(programs),
            "program_bytes": {path.name: path.stat().st_size for path in sorted(package.glob("*.eim"))},
        }


def program_name(name: str, processor: str) -> str:
    """File name of a program; clients of the Linux runner protocol expect ``.eim``."""
    return f"{name}-linux-{processor}.eim"


_EXAMPLES = {
    "signal": """\
PROGRAM recording.csv other.wav          # a JSON line for each window
tail -f /dev/ttyACM0 | PROGRAM -         # a stream of rows, as it comes
arecord -t wav -f S16_LE -r RATE | PROGRAM -   # a microphone, for impulses of sound""",
    "image": """\
PROGRAM photo.jpg part.png               # a JSON line for each picture
ffmpeg -i /dev/video0 -f image2pipe -c:v ppm - | PROGRAM -   # a camera, picture by picture""",
}

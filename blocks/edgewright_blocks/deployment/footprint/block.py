"""What an impulse takes on a device: known sizes, compiled sizes, counted instructions."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright_sdk import BlockError, DeploymentBlock
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.package import write_files

from .measuring import measure
from .program import counted_windows, program_files
from .static import plan_document
from .toolchains import toolchain

if TYPE_CHECKING:
    from edgewright_sdk import Params, TrainedImpulse

PLAN = "plan.json"


class Footprint(DeploymentBlock):
    """Writes programs that measure the library; ``verify`` compiles and runs them."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Write the programs, and what is known without compiling them."""
        graph = Graph(impulse)
        windows = None if params.selftest_data == "none" else counted_windows(graph, impulse)
        plan = {
            "cpu": params.cpu,
            "optimisation": params.optimisation,
            "tools": params.tools,
            "windows": 0 if windows is None else len(windows),
            "streams": not graph.image,
            **plan_document(graph),
        }
        write_files(program_files(graph, windows, params.cpu, self.folder / "templates"), out)
        write_files({PLAN: json.dumps(plan, indent=1) + "\n"}, out)

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Compile the programs, read their sizes and count their instructions."""
        try:
            plan = json.loads((package / PLAN).read_bytes())
        except (OSError, ValueError) as error:
            raise BlockError(f"{PLAN} of the package can't be read: {error}") from None
        with tempfile.TemporaryDirectory(prefix="edgewright-footprint-") as name:
            work = Path(name) / "work"
            shutil.copytree(package, work, copy_function=shutil.copyfile)
            return measure(plan, work, toolchain(plan["cpu"]))

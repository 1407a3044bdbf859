"""C++ library: the sources of a trained impulse, with a C API, build files, an example and a self-test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright_sdk import DeploymentBlock
from edgewright_sdk.codegen.edge_impulse import edge_impulse_files
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.header import arena_bytes, comment_text
from edgewright_sdk.codegen.package import library_files, write_files
from edgewright_sdk.codegen.selftest import selftest_files
from edgewright_sdk.codegen.templates import fill
from edgewright_sdk.codegen.verify import run_selftest

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_sdk import Params, TrainedImpulse

_FILES = ("CMakeLists.txt", "README.md", "LICENSE.txt", "library.properties")


class CppLibrary(DeploymentBlock):
    """Sources that any C++17 compiler builds."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Write the package: ``src/``, ``example/``, ``selftest/``, build files."""
        graph = Graph(impulse, params.calibration_windows)
        write_files(library_files(graph), out / "src")
        if params.edge_impulse_names:
            write_files(edge_impulse_files(graph), out)
        selftest = selftest_files(graph, impulse) if params.selftest_data != "none" else None
        if selftest is not None:
            write_files(selftest, out / "selftest")
        values = _values(graph)
        templates = self.folder / "templates"
        files = {name: fill(templates / name, **values) for name in _FILES}
        example = "image_example.cpp" if graph.image else "stream_example.cpp"
        files["example/main.cpp"] = fill(templates / example, **values)
        write_files(files, out)

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Compile the self-test with the first compiler there is, and run it."""
        return run_selftest(package)


def _values(graph: Graph) -> dict[str, str]:
    outputs = [f"| {i} | `{step.id}` | {step.entry['kind']} |" for i, step in enumerate(graph.learning)]
    return {
        "title": comment_text(str(graph.document["name"])),
        "name": graph.name,
        "NAME": graph.name.upper(),
        "build_id": graph.build_id,
        "arena_bytes": str(arena_bytes(graph)),
        "outputs": "\n".join(outputs) or "| – | none | |",
        "window": " × ".join(map(str, graph.shape)),
    }

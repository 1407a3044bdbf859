"""C++ library: the sources of a trained impulse, with a C API, build files, an example and a self-test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright_sdk import DeploymentBlock
from edgewright_sdk.codegen.edge_impulse import drop_in_files, edge_impulse_files
from edgewright_sdk.codegen.engines import on_every_processor
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.package import library_files, package_values, write_files
from edgewright_sdk.codegen.selftest import selftest_files
from edgewright_sdk.codegen.templates import fill
from edgewright_sdk.codegen.verify import run_selftest

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_sdk import Params, TrainedImpulse

_FILES = ("CMakeLists.txt", "README.md")


class CppLibrary(DeploymentBlock):
    """Sources that any C++17 compiler builds."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Write the package: ``src/``, ``example/``, ``selftest/``, build files."""
        graph = Graph(impulse, params.calibration_windows)
        write_files(library_files(graph), out / "src")
        if params.edge_impulse_names:
            write_files(edge_impulse_files(graph), out)
            write_files(drop_in_files(graph), out / "src")
        selftest = selftest_files(graph, impulse) if params.selftest_data != "none" else None
        if selftest is not None:
            write_files(selftest, out / "selftest")
        values = package_values(graph)
        templates = self.folder / "templates"
        files = {name: fill(templates / name, **values) for name in _FILES}
        files["LICENSE.txt"] = fill("LICENSE.txt", generated="example/, selftest/, build files", **values)
        example = "image_example.cpp" if graph.image else "stream_example.cpp"
        files["example/main.cpp"] = fill(templates / example, **values)
        write_files(files, out)

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Compile the self-test with the first compiler there is, and run it."""
        return run_selftest(package)

    def parity(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Run the self-test on this CPU, on others that are emulated, and as firmware on emulated boards."""
        return on_every_processor(package)

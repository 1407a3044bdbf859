"""Arduino library: the sources of a trained impulse with metadata and sketches, as the zip that the IDE adds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright_sdk import DeploymentBlock
from edgewright_sdk.codegen.edge_impulse import drop_in_files
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.package import library_files, package_values, write_files
from edgewright_sdk.codegen.selftest import selftest_files
from edgewright_sdk.codegen.templates import fill
from edgewright_sdk.codegen.verify import run_selftest

from .archive import read_zip, write_zip
from .metadata import keywords, library_name, properties

if TYPE_CHECKING:
    from edgewright_sdk import Params, TrainedImpulse

#: Example sketches, by the name of their folder and file.
_SIGNAL = ("Sensor", "SerialRows")
_IMAGE = ("SerialFrame",)
#: The Arduino tools compile ``src/`` and look away from ``extras/``.
_SELFTEST = "extras/selftest/"


class ArduinoLibrary(DeploymentBlock):
    """A library for every core whose compiler takes our sources."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Write ``<name>.zip`` and how to use it."""
        graph = Graph(impulse, params.calibration_windows)
        templates = self.folder / "templates"
        metadata = properties(graph, version=params.library_version, author=params.library_author)
        sketches = _IMAGE if graph.image else _SIGNAL
        values = package_values(graph)
        values |= {
            "library": library_name(graph.name),
            "sketches": "\n".join(f"| `{name}` | {_WHAT[name]} |" for name in sketches),
        }
        sources = library_files(graph)
        if params.edge_impulse_names:
            sources |= drop_in_files(graph)
        files = {f"src/{name}": text for name, text in sources.items()}
        for name in sketches:
            files[f"examples/{name}/{name}.ino"] = fill(templates / f"{name}.ino", **values)
        selftest = selftest_files(graph, impulse) if params.selftest_data != "none" else None
        files |= {f"{_SELFTEST}{name}": text for name, text in (selftest or {}).items()}
        files["library.properties"] = metadata
        files["keywords.txt"] = keywords(sources[f"{graph.name}.h"])
        files["LICENSE.txt"] = fill(
            "LICENSE.txt", generated="examples/, extras/, library.properties, keywords.txt", **values
        )
        readme = fill(templates / "README.md", **values)
        files["README.md"] = readme
        write_zip(files, values["library"], out / f"{values['library']}.zip")
        write_files({"README.md": readme}, out)

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Compile the library's sources with the first compiler there is, and run its self-test."""
        (archive,) = package.glob("*.zip")
        with tempfile.TemporaryDirectory(prefix="edgewright-arduino-") as work:
            files = read_zip(archive)
            write_files({name: text for name, text in files.items() if name.startswith("src/")}, Path(work))
            selftest = {
                f"selftest/{name.removeprefix(_SELFTEST)}": text
                for name, text in files.items()
                if name.startswith(_SELFTEST)
            }
            write_files(selftest, Path(work))
            return run_selftest(Path(work))


_WHAT = {
    "Sensor": "reads a sensor at the impulse's rate; put yours into `read_sensor`",
    "SerialRows": "takes rows of numbers from the serial port: replay a recording",
    "SerialFrame": "takes frames of raw pixels from the serial port; put your camera there",
}

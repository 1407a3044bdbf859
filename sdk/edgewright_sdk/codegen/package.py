"""The C++ sources of a package: ``src/`` is all that a build system compiles and includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright_sdk.codegen.glue import glue_modules, glue_source
from edgewright_sdk.codegen.header import c_header
from edgewright_sdk.codegen.sources import package_files
from edgewright_sdk.codegen.tables import tables_header

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright_sdk.codegen.graph import Graph


def library_files(graph: Graph) -> dict[str, str]:
    """Text of every file below ``src/``, by relative path."""
    files = package_files([step.node for step in graph.steps], graph.namespace, glue_modules(graph))
    files[f"{graph.name}.h"] = c_header(graph)
    files[f"{graph.name}.cpp"] = glue_source(graph)
    files[f"{graph.name}_tables.h"] = tables_header(graph)
    return dict(sorted(files.items()))


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write texts below a folder, with ``\\n`` line ends on every system."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def cpp_sources(folder: Path) -> list[Path]:
    """Every ``.cpp`` below a folder, in a fixed order."""
    return sorted(folder.rglob("*.cpp"))

"""The C++ sources of a package: ``src/`` is all that a build system compiles and includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright_sdk.codegen.glue import glue_modules, glue_source
from edgewright_sdk.codegen.header import arena_bytes, c_header, comment_text
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


def package_values(graph: Graph) -> dict[str, str]:
    """What the texts of a package say of its impulse, for :func:`~edgewright_sdk.codegen.templates.fill`."""
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


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write texts below a folder, with ``\\n`` line ends on every system."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def cpp_sources(folder: Path) -> list[Path]:
    """Every ``.cpp`` below a folder, in a fixed order."""
    return sorted(folder.rglob("*.cpp"))

"""The C++ files of a package: the runtime modules it needs and the device code of its blocks.

A package is one flat include folder::

    src/edgewright/   runtime headers and sources
    src/<symbol>/     header and sources of a block

Includes are made relative to the including file, so a package needs no include path and two packages in one program
never see each other's headers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright_sdk.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgewright_sdk.codegen.nodes import Node

RUNTIME_FOLDER = "edgewright"  # below src/, and in includes
RUNTIME = Path(__file__).resolve().parent.parent / "runtime"

_INCLUDE = re.compile(r'^([ \t]*#[ \t]*include[ \t]*)"edgewright/([A-Za-z0-9_]+\.h)"', re.MULTILINE)


def module_names() -> list[str]:
    """Names of the runtime's modules: ``include/edgewright/<name>.h``, with ``src/<name>.cpp`` where it has code."""
    return sorted(path.stem for path in (RUNTIME / "include" / "edgewright").glob("*.h"))


def needed_modules(names: Iterable[str], texts: Iterable[str] = ()) -> list[str]:
    """Close a set of modules over what they, and the given source texts, include.

    Raises
    ------
    RequestError
        For a module that the runtime doesn't have.
    """
    waiting = set(names) | {stem for text in texts for stem in _included(text)}
    known = set(module_names())
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name == "package":  # written for each package, see package_header
            continue
        if name not in known:
            raise RequestError(f"the runtime has no module {name!r}; there are {', '.join(sorted(known))}")
        if name not in found:
            found.add(name)
            for path in module_files(name):
                waiting |= _included(path.read_text())
    return sorted(found)


def module_files(name: str) -> list[Path]:
    """Header, and source if there is one, of a runtime module."""
    source = RUNTIME / "src" / f"{name}.cpp"
    return [RUNTIME / "include" / "edgewright" / f"{name}.h", *([source] if source.is_file() else [])]


def package_files(nodes: Iterable[Node], namespace: str, modules: Iterable[str] = ()) -> dict[str, str]:
    """Runtime and device code of a package, as relative path → text.

    Parameters
    ----------
    nodes : iterable of Node
        Nodes of one block share its files.
    namespace : str
        C++ namespace of the package.
    modules : iterable of str
        Runtime modules that the glue itself calls.

    Raises
    ------
    RequestError
        When two nodes use one symbol for different code.
    """
    files: dict[str, str] = {}
    device: list[str] = []
    wanted = set(modules) | {"node"}
    for node in nodes:
        if node.symbol == RUNTIME_FOLDER:
            raise RequestError(
                f"a block can't export the symbol {node.symbol!r}: its folder is the runtime's"
            )
        wanted |= set(node.modules)
        for name in node.files:
            text = (node.folder / name).read_text(encoding="utf-8")
            path = f"{node.symbol}/{name}"
            local = _INCLUDE.sub(r'\1"../edgewright/\2"', text)
            if files.setdefault(path, local) != local:
                raise RequestError(
                    f"two blocks export the symbol {node.symbol!r} with different code in {name!r}; rename one"
                )
            device.append(text)
    for name in needed_modules(wanted, device):
        for path_on_disk in module_files(name):
            files[f"edgewright/{path_on_disk.name}"] = _INCLUDE.sub(r'\1"\2"', path_on_disk.read_text())
    files["edgewright/package.h"] = package_header(namespace)
    return dict(sorted(files.items()))


def package_header(namespace: str) -> str:
    """Return the header that names the package's namespace."""
    return f"// SPDX-License-Identifier: 0BSD\n// The namespace of this package.\n#define EW_NS {namespace}\n"


def _included(text: str) -> set[str]:
    return {match.group(2)[: -len(".h")] for match in _INCLUDE.finditer(text)}

"""What the Arduino tools read of a library: its name, ``library.properties`` and ``keywords.txt``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgewright_sdk import BlockError
from edgewright_sdk.codegen.header import comment_text

if TYPE_CHECKING:
    from edgewright_sdk.codegen.graph import Graph

MAX_NAME = 63
_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_AUTHOR = re.compile(r"(?i)(?!arduino)[ -~]*[!-~][ -~]*")
#: Words that the rules for names keep for others.
_RESERVED = re.compile(r"(?i)arduino|library")


def library_name(name: str) -> str:
    """Name of the library for a package's name: allowed characters, and no word that a library mustn't use.

    Examples
    --------
    >>> library_name("arduino_pump"), library_name("pump_monitor"), library_name("library")
    ('pump', 'pump_monitor', 'impulse')
    """
    kept = _RESERVED.sub("", name).strip("_")
    return re.sub("__+", "_", kept)[:MAX_NAME].rstrip("_") or "impulse"


def properties(graph: Graph, *, version: str, author: str) -> str:
    """Write ``library.properties``.

    Raises
    ------
    BlockError
        For a version or an author that the Arduino tools would refuse.
    """
    if not _SEMVER.fullmatch(version):
        raise BlockError(f"library-version: got {version!r}; three numbers are allowed, such as 1.0.0")
    if not _AUTHOR.fullmatch(author):
        raise BlockError(
            f"library-author: got {author!r}; a name in ASCII on one line is allowed, not beginning with Arduino"
        )
    title = " ".join(comment_text(str(graph.document["name"])).split())
    fields = {
        "name": library_name(graph.name),
        "version": version,
        "author": author,
        "maintainer": author,
        "sentence": f"Tells what the impulse {title} makes of a {'picture' if graph.image else 'signal'}.",
        "paragraph": f"Build {graph.build_id}; generated sources without dependencies or heap.",
        "category": "Data Processing",
        "url": "https://example.org",
        "architectures": "*",
        "includes": f"{graph.name}.h",
    }
    return "".join(f"{name}={value}\n" for name, value in fields.items())


def keywords(header: str) -> str:
    """Write ``keywords.txt``: types, functions and constants of the package's C header, for the editor's colours."""
    kinds = {
        "KEYWORD1": r"^\} (\w+);",
        "KEYWORD2": r"^[a-z][\w ]*[ *](\w+)\(",
        "LITERAL1": r"^(?:#define |    )([A-Z]\w+)(?: =| [^\n]*\S)",
    }
    found = {kind: sorted(set(re.findall(pattern, header, re.MULTILINE))) for kind, pattern in kinds.items()}
    return "".join(f"{name}\t{kind}\n" for kind, names in found.items() for name in names)

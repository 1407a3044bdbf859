"""What a block runs with: the installed closure of its requirements, as sorted text.

Standard library only: it runs on the host for the ``process`` runner and inside an image while that is built, and
both must write the same lines, since they are part of a task's key. As a program it prints the list as JSON::

    python3 environment.py requirements.txt
"""

from __future__ import annotations

import json
import platform
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The SDK needs it, so every block has it.
ALWAYS = ("numpy",)

_FIELD = re.compile(r"^(Version|Requires-Dist):[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


def environment(requirements: Iterable[str]) -> list[str]:
    """List what is installed of the requirements and of all that they require in turn.

    Parameters
    ----------
    requirements : iterable of str
        Lines as in ``requirements.txt``; versions in them are not looked at, what is installed counts.

    Returns
    -------
    list of str
        Sorted ``name==version`` (names normalised), then ``python==X.Y.Z`` and ``arch==machine``. A requirement that
        isn't installed is ``name==missing``; a dependency of a dependency that isn't (an extra, a marker for another
        platform) is left out.
    """
    wanted = [name for name in map(_name, [*ALWAYS, *requirements]) if name]
    versions: dict[str, str] = {}
    pending = list(wanted)
    while pending:
        name = pending.pop()
        if name in versions:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            if name in wanted:
                versions[name] = "missing"
            continue
        versions[name] = "unknown"
        for field, line in _fields(distribution):
            if field == "Version":
                versions[name] = line
            elif "extra ==" not in line.replace("'", '"').replace("extra==", "extra =="):
                pending.append(_name(line))
    listed = [f"{name}=={version}" for name, version in sorted(versions.items())]
    return [*listed, f"python=={platform.python_version()}", f"arch=={platform.machine()}"]


def _fields(distribution: metadata.Distribution) -> list[tuple[str, str]]:
    """Version and requirements of a distribution, as its metadata lists them.

    Only the head of the file is looked at, and not by a parser of mail: the readme after it is often a hundred times
    longer, and every run asks.
    """
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    return _FIELD.findall(re.split(r"\r?\n\r?\n", text, maxsplit=1)[0])


def read_requirements(text: str) -> list[str]:
    """Requirement lines of a ``requirements.txt``, without comments, options and empty lines."""
    lines = [line.split("#", 1)[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("-")]


def _name(requirement: str) -> str:
    """Normalised name of the distribution that a requirement line asks for."""
    match = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", match.group(1)).lower() if match else ""


def main(arguments: list[str]) -> None:
    """Print the environment of the requirements files given, as a JSON list."""
    lines = [line for name in arguments for line in read_requirements(Path(name).read_text("utf-8"))]
    print(json.dumps(environment(lines)))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])

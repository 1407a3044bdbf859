"""What a sandbox sees of the machine: which files and folders, and where."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright.images.context import BLOCK_FOLDER
from edgewright.runners.process import source_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgewright.images.roots import Root

USR: Final = Path("/usr")
#: Where the C library and the dynamic linker look, beside ``/usr``; nothing private is among it.
NEEDED: Final = (Path("/etc/ld.so.cache"), Path("/etc/alternatives"))
LINKS: Final = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


@dataclass(frozen=True)
class View:
    """Read-only files and folders by the place that the task sees them at, links, variables and the interpreter."""

    bound: tuple[tuple[Path, str], ...]
    links: tuple[tuple[str, str], ...]  # text, place
    variables: Mapping[str, str] = field(default_factory=dict)
    python: str = "python3"


def host_view(block_folder: Path) -> View:
    """``/usr`` and the Python environment of this interpreter, for blocks that are built in."""
    bound = [(USR, "/usr"), *((path, os.fspath(path)) for path in NEEDED if path.exists())]
    links = []
    for name in LINKS:
        path = Path("/", name)
        if path.is_symlink():
            links.append((os.fspath(path.readlink()), os.fspath(path)))
        elif path.is_dir():
            bound.append((path, os.fspath(path)))
    places = [os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix), *source_paths()]
    bound += [(Path(place), place) for place in _outermost(places)]
    if os.path.realpath(sys.prefix) != sys.prefix:
        links.append((os.path.realpath(sys.prefix), sys.prefix))
    bound.append((block_folder, BLOCK_FOLDER))
    search = os.pathsep.join([os.fspath(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"])
    variables = {"PATH": search}
    if paths := source_paths():
        variables["PYTHONPATH"] = os.pathsep.join(paths)
    return View(tuple(bound), tuple(links), variables, sys.executable)


def image_view(root: Root, places: Iterable[str]) -> View:
    """The unpacked root file system of an image; `places` are where something else will be."""
    taken = [place.rstrip("/") for place in (*places, "/tmp", "/dev", "/proc", "/sys")]
    bound: list[tuple[Path, str]] = []
    links: list[tuple[str, str]] = []
    for path, place in _layers(root.folder, "", taken):
        if path.is_symlink():
            links.append((os.fspath(path.readlink()), place))
        else:
            bound.append((path, place))
    return View(tuple(bound), tuple(links), dict(root.variables))


def _layers(folder: Path, place: str, taken: list[str]) -> Iterator[tuple[Path, str]]:
    """What is to be bound or linked: whole folders, but for those that hold a place that something else takes."""
    for path in sorted(folder.iterdir()):
        here = f"{place}/{path.name}"
        if here in taken:
            continue
        if any(each.startswith(f"{here}/") for each in taken) and path.is_dir() and not path.is_symlink():
            yield from _layers(path, here, taken)
        else:
            yield path, here


def _outermost(places: Iterable[str]) -> list[str]:
    """Those that are not below another one, nor below ``/usr``, which is there already."""
    kept: list[str] = []
    for place in sorted(set(places), key=len):
        if not any(place == known or place.startswith(f"{known}/") for known in ("/usr", *kept)):
            kept.append(place)
    return kept

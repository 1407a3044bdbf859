"""The build context of a block: which of its files a build may see, and its Dockerfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.registry.digest import DOCKERFILE, code_files
from edgewright.registry.environment import REQUIREMENTS_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.registry import Block

IGNORE_FILE = ".dockerignore"

#: Where an image holds its block.
BLOCK_FOLDER = "/block"

_INSTALL = (
    "RUN python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore "
    f"--constraint /opt/edgewright/constraints.txt --requirement {BLOCK_FOLDER}/{REQUIREMENTS_FILE}\n"
)


def read_context(folder: Path, *, whole: bool = False) -> tuple[dict[str, bytes], frozenset[str]]:
    """Read the files that a build of this block may see.

    The same files as count for the block's digest (no hidden files, tests or documents unless ``whole``; no link that
    leaves the folder), less what its ``.dockerignore`` names.

    Returns
    -------
    files : dict of str to bytes
        Contents by relative path.
    executable : frozenset of str
        The paths that may be executed.

    Raises
    ------
    UsageError
        A link leaves the folder, a file is not regular, or the folder is unreasonably large.
    """
    found = context_files(folder, whole=whole)
    executable = frozenset(name for name, path in found.items() if path.stat().st_mode & 0o100)
    return {name: path.read_bytes() for name, path in found.items()}, executable


def context_files(folder: Path, *, whole: bool = False) -> dict[str, Path]:
    """Like :func:`read_context`, unread: paths by relative path."""
    wanted = _not_ignored(folder)
    return {
        relative: path
        for relative, path in code_files(folder, whole=whole)
        if relative not in (DOCKERFILE, IGNORE_FILE) and (wanted is None or relative in wanted)
    }


def block_dockerfile(block: Block) -> str:
    """Text of a block's own Dockerfile; for a block without one, of the two or three lines that it would have.

    Raises
    ------
    UsageError
        The block has no folder, or its Dockerfile is not UTF-8.
    """
    if block.folder is None:
        raise UsageError(f"block {block.name!r} is an image already: there is nothing to build")
    path = block.folder / DOCKERFILE
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as problem:
            raise UsageError(f"{path}: not UTF-8: {problem}") from problem
    section = block.spec.edgewright
    framework = (section.environment if section is not None else None) or "base"
    lines = f"FROM edgewright/{framework}\nCOPY . {BLOCK_FOLDER}\n"
    return lines + _INSTALL if (block.folder / REQUIREMENTS_FILE).is_file() else lines


def _not_ignored(folder: Path) -> frozenset[str] | None:
    """Paths that ``.dockerignore`` leaves, or None where there is none; patterns mean what they mean to Docker."""
    path = folder / IGNORE_FILE
    if not path.is_file():
        return None
    from docker.utils.build import exclude_paths

    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    patterns = [line for line in lines if line and not line.startswith("#")]
    return frozenset(name.replace("\\", "/") for name in exclude_paths(str(folder), patterns))

"""The digest of a block: what of its folder can change a result.

Counted: the spec without its texts (a better help text is no new block), every code file, ``Dockerfile``,
``requirements.txt`` and the SDK. Not counted: README, tests, docs, caches, hidden files.
"""

from __future__ import annotations

import hashlib
import os
import stat
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright_specs.interface import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgewright_specs.parameters import BlockSpec

SPEC_FILE = "parameters.json"
DOCKERFILE = "Dockerfile"

#: Names that never change what a block computes: anywhere in its folder, and beside its spec (further down a README
#: or a folder of tests may be a template that the block writes).
NEVER_CODE_FOLDERS = frozenset({"__pycache__", "node_modules"})
NEVER_CODE_SUFFIXES = (".pyc", ".pyo")
NOT_CODE_FOLDERS = frozenset({"tests", "test", "docs"})
NOT_CODE_SUFFIXES = (".md", ".rst")

#: Modules of the specs that go into every container.
SPEC_MODULES = ("__init__.py", "environment.py", "interface.py")

MAX_FILES = 5_000
MAX_BYTES = 1 << 30


def block_digest(folder: Path, spec: BlockSpec) -> str:
    """Sha256, in hex, of all in a block's folder that can change a result, and of the SDK.

    Raises
    ------
    UsageError
        A link leaves the folder, a file is neither regular nor a folder, or the folder is unreasonably large.
    """
    digest = hashlib.sha256(b"edgewright block 1\n")
    digest.update(sdk_digest().encode())
    for relative, path in code_files(folder, whole=spec.legacy):
        content = canonical_json(spec.without_texts()) if relative == SPEC_FILE else path.read_bytes()
        _add(digest, relative, content)
    return digest.hexdigest()


def code_files(folder: Path, *, whole: bool = False) -> Iterator[tuple[str, Path]]:
    """Give (path relative to the folder with ``/``, path) of every code file, sorted by the former.

    With ``whole`` documents, tests and hidden files count too: a Dockerfile of Edge Impulse's may copy any of them.
    """
    found: list[tuple[str, Path]] = []
    total = 0
    for root, folders, files in os.walk(folder):
        top = Path(root) == folder and not whole
        skipped = NEVER_CODE_FOLDERS | NOT_CODE_FOLDERS if top else NEVER_CODE_FOLDERS
        suffixes = NEVER_CODE_SUFFIXES + NOT_CODE_SUFFIXES if top else NEVER_CODE_SUFFIXES
        folders[:] = [
            name
            for name in folders
            if name not in skipped and (not name.startswith(".") or (whole and name != ".git"))
        ]
        for name in [*folders, *files]:
            path = Path(root, name)
            if name.startswith(".") and name != ".dockerignore" and not whole:
                continue
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                _check_link(path, folder)
                mode = path.stat().st_mode
            if stat.S_ISDIR(mode) or name.endswith(suffixes):
                continue
            if not stat.S_ISREG(mode):
                raise UsageError(
                    f"{path}: not a regular file", hint="a block's folder holds files and folders only"
                )
            total += path.stat().st_size
            found.append((path.relative_to(folder).as_posix(), path))
            if len(found) > MAX_FILES or total > MAX_BYTES:
                raise UsageError(
                    f"{folder}: more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB",
                    hint="keep data and environments out of a block's folder",
                )
    yield from sorted(found)


@lru_cache(maxsize=1)
def sdk_digest() -> str:
    """Sha256 of what runs around a block in its task: :func:`sdk_files`."""
    digest = hashlib.sha256()
    for name, path in sdk_files():
        _add(digest, name, path.read_bytes())
    return digest.hexdigest()


def sdk_files() -> Iterator[tuple[str, Path]]:
    """Give (name, path) of the SDK and the file contract, sorted, found without importing them.

    Of the specs only what needs nothing but the standard library. An image's last layer holds exactly these.
    """
    sdk = package_folder("edgewright_sdk")
    for path in sorted(sdk.rglob("*")):
        relative = path.relative_to(sdk)
        if path.is_file() and "__pycache__" not in relative.parts and path.suffix not in NEVER_CODE_SUFFIXES:
            yield f"edgewright_sdk/{relative.as_posix()}", path
    specs = package_folder("edgewright_specs")
    for name in SPEC_MODULES:
        yield f"edgewright_specs/{name}", specs / name


def package_folder(package: str) -> Path:
    """Folder of an installed package, found without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(f"the package {package!r} is not installed", hint="reinstall edgewright")
    return Path(next(iter(spec.submodule_search_locations)))


def _check_link(path: Path, folder: Path) -> None:
    target = path.resolve()
    if not target.is_relative_to(folder.resolve()) or target.is_dir() or not target.exists():
        raise UsageError(
            f"{path}: a link to {target}",
            hint="a link in a block's folder may only point to a file of that folder: copy the file instead",
        )


def _add(digest: Any, name: str, content: bytes) -> None:
    """Lengths go in too, so that no two sets of files look alike."""
    digest.update(f"{len(name.encode())}:{name}:{len(content)}:".encode())
    digest.update(content)

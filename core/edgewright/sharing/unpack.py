"""A block's folder out of an image that somebody made: no byte of it is run, nothing is written outside the target."""

from __future__ import annotations

import contextlib
import stat
import subprocess
import tarfile
import tempfile
import unicodedata
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from edgewright import trees
from edgewright.errors import UsageError
from edgewright.harvest import HarvestError
from edgewright.harvest.scan import MAX_DEPTH, check_name
from edgewright.images.commands import engine_command
from edgewright.images.context import BLOCK_FOLDER
from edgewright.registry.digest import MAX_BYTES, MAX_FILES, SPEC_FILE
from edgewright.registry.images import never_started
from edgewright.sharing.registry import SharingError
from edgewright.terminal import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 20
#: One name of the archive may come with this much of extended headers, no more.
MAX_MEMBERS = 2 * MAX_FILES


def unpack_block(image: str, target: Path) -> list[str]:
    """Write the files below ``/block`` of an image to ``target``, which must not exist or be empty.

    They appear all at once or not at all. Modes are ours: 0644, or 0755 for what may be executed.

    Returns
    -------
    list of str
        Paths of the files, sorted.

    Raises
    ------
    UsageError
        `target` is not empty, or the image holds no block.
    SharingError
        Links, devices, names that are not portable, or more than the caps of a block's folder.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target}: exists and is not an empty folder", hint="choose a new folder for -o")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        with _archive(image) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            names = _extract(archive, unfinished, image)
        if SPEC_FILE not in names:
            raise UsageError(f"image {image!r} holds no block: it has no {BLOCK_FOLDER}/{SPEC_FILE}")
        unfinished.chmod(0o755)
        unfinished.replace(target)
    except tarfile.TarError as problem:
        raise SharingError(f"image {image!r}: its {BLOCK_FOLDER} can't be read: {problem}") from problem
    finally:
        if unfinished.exists():
            trees.remove_tree(unfinished)
    return names


def _extract(archive: tarfile.TarFile, folder: Path, image: str) -> list[str]:
    """Write regular files below ``folder``; the archive is foreign, so each member is judged before it is touched."""
    names: list[str] = []
    folded: dict[str, str] = {}
    total = 0
    for count, member in enumerate(archive):
        relative = _inside(member.name, image)
        if count > MAX_MEMBERS or len(names) >= MAX_FILES:
            raise SharingError(f"image {image!r}: more than {MAX_FILES} files in its {BLOCK_FOLDER}")
        if relative is None:
            if not member.isdir():
                raise SharingError(f"image {image!r}: its {BLOCK_FOLDER} is no folder")
            continue
        where = f"image {image!r}: {BLOCK_FOLDER}/{printable_line(relative, 120)}"
        if not (member.isdir() or member.isreg()):
            raise SharingError(
                f"{where} is a link or a device: only files and folders are taken",
                hint="run the image by its reference instead, or ask its author for plain files",
            )
        key = unicodedata.normalize("NFC", relative).casefold()
        if folded.setdefault(key, relative) != relative:
            raise SharingError(f"{where} and {folded[key]!r} differ only in case or spelling")
        if member.isdir():
            (folder / relative).mkdir(parents=True, exist_ok=True)
            continue
        total += member.size
        if total > MAX_BYTES:
            raise SharingError(f"image {image!r}: more than {MAX_BYTES >> 20} MiB in its {BLOCK_FOLDER}")
        content = archive.extractfile(member)
        assert content is not None  # for mypy: a regular file has a content
        try:
            _write(content, folder / relative, executable=bool(member.mode & stat.S_IXUSR))
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise SharingError(f"{where} is there twice, or is both a file and a folder") from None
        names.append(relative)
    return sorted(names)


def _inside(name: str, image: str) -> str | None:
    """Path below the block's folder, checked name by name; None for the folder itself."""
    parts = PurePosixPath(name).parts
    if not parts or parts[0] != PurePosixPath(BLOCK_FOLDER).name or ".." in parts:
        raise SharingError(
            f"image {image!r}: the archive names {printable_line(name, 120)!r}, outside of the block"
        )
    if len(parts) > MAX_DEPTH:
        raise SharingError(f"image {image!r}: folders are nested deeper than {MAX_DEPTH}")
    prefix = ""
    for part in parts[1:]:
        try:
            prefix += check_name(part, prefix) + "/"
        except HarvestError as problem:
            raise SharingError(f"image {image!r}: {problem.message}") from None
    return prefix.rstrip("/") or None


def _write(content: IO[bytes], path: Path, *, executable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        while piece := content.read(CHUNK):
            file.write(piece)
    path.chmod(0o755 if executable else 0o644)


@contextlib.contextmanager
def _archive(image: str) -> Iterator[IO[bytes]]:
    """The block's folder as a stream, from a container that is made and never started."""
    with never_started(image) as container:
        copy = subprocess.Popen(
            [*engine_command(), "cp", f"{container}:{BLOCK_FOLDER}", "-"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert copy.stdout is not None
        try:
            yield copy.stdout
        finally:
            copy.kill()
            copy.stdout.close()
            copy.wait()

"""An archive of images (as ``docker save`` writes it) into folders: layer by layer, nothing outside of the folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Final

from edgewright.images.commands import ImageError
from edgewright.terminal import printable_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANIFEST: Final = "manifest.json"
WHITEOUT: Final = ".wh."
OPAQUE: Final = ".wh..wh..opq"
MAX_ENTRIES: Final = 2_000_000
MAX_BYTES: Final = 64 << 30
MAX_DOCUMENT: Final = 16 << 20
FILES: Final = "files"


@dataclass(frozen=True)
class Image:
    """One image of an archive; ``folder`` holds ``files/``, and is None where the image was known."""

    id: str
    tags: list[str]
    config: dict[str, Any]
    folder: Path | None


def unpack_images(archive: Path, unfinished: Path, known: Callable[[str], bool]) -> Iterator[Image]:
    """Unpack the images of an archive into folders below ``unfinished``.

    Owners, times, devices and setuid bits of the files are left out.

    Raises
    ------
    ImageError
        It is no such archive, an entry leads outside, or there is more than the caps.
    """
    try:
        with tarfile.open(archive) as tar:
            manifest = json.loads(_document(tar, MANIFEST))
            for number, entry in enumerate(manifest):
                text = _document(tar, str(entry["Config"]))
                identity = f"sha256:{hashlib.sha256(text).hexdigest()}"
                tags = [str(tag) for tag in entry.get("RepoTags") or ()]
                config = dict(json.loads(text).get("config") or {})
                if known(identity):
                    yield Image(identity, tags, config, None)
                    continue
                folder = unfinished / str(number)
                (folder / FILES).mkdir(parents=True)
                writer = _Writer(folder / FILES, archive)
                for name in entry["Layers"]:
                    layer = tar.extractfile(str(name))
                    if layer is None:
                        raise ImageError(f"{archive}: {printable_line(str(name), 120)} is no layer")
                    writer.layer(layer)
                yield Image(identity, tags, config, folder)
    except (tarfile.TarError, ValueError, KeyError, TypeError, EOFError) as problem:
        raise ImageError(
            f"{archive}: is no archive of images: {problem}", hint="write one by: edgewright images save"
        ) from problem
    except OSError as problem:
        raise ImageError(f"{archive}: {problem.strerror or problem}") from problem


def _document(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise ImageError(f"{tar.name!r}: {printable_line(name, 120)} is no file")
    text = file.read(MAX_DOCUMENT + 1)
    if len(text) > MAX_DOCUMENT:
        raise ImageError(f"{tar.name!r}: {printable_line(name, 120)} is larger than {MAX_DOCUMENT >> 20} MiB")
    return text


class _Writer:
    """Writes layers over one another into one folder; each entry is judged before it is touched."""

    def __init__(self, root: Path, archive: Path) -> None:
        self._root = root
        self._archive = archive
        self._entries = 0
        self._bytes = 0
        self._folders: set[str] = {""}  # real folders of ours, no link above them

    def layer(self, file: IO[bytes]) -> None:
        fresh: set[str] = set()  # of this layer: an opaque folder hides those of the layers below only
        with tarfile.open(fileobj=file) as tar:
            for member in tar:
                self._count(member)
                self._take(tar, member, fresh)

    def _count(self, member: tarfile.TarInfo) -> None:
        self._entries += 1
        self._bytes += max(member.size, 0)
        if self._entries > MAX_ENTRIES or self._bytes > MAX_BYTES:
            raise ImageError(
                f"{self._archive}: an image holds more than {MAX_ENTRIES} files or {MAX_BYTES >> 30} GiB"
            )

    def _take(self, tar: tarfile.TarFile, member: tarfile.TarInfo, fresh: set[str]) -> None:
        name = self._name(member.name)
        if not name:
            return
        parent, _, last = name.rpartition("/")
        folder = self._folder(parent)
        if last == OPAQUE:
            for path in list(folder.iterdir()):
                if f"{parent}/{path.name}".lstrip("/") not in fresh:
                    self._remove(path)
            return
        if last.startswith(WHITEOUT):
            self._remove(folder / last[len(WHITEOUT) :])
            return
        fresh.add(name)
        path = folder / last
        if member.isdir():
            if not _is_folder(path):
                self._remove(path)
                path.mkdir()
            path.chmod(member.mode & 0o777 | 0o700)
            self._folders.add(name)
            return
        self._remove(path)
        if member.issym():
            path.symlink_to(member.linkname)
        elif member.islnk():
            target = self._name(member.linkname)
            above, _, there = target.rpartition("/")
            os.link(self._folder(above) / there, path, follow_symlinks=False)
        elif member.isreg():
            content = tar.extractfile(member)
            assert content is not None  # a regular file has a content
            with path.open("xb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
            path.chmod(member.mode & 0o777 | 0o400)

    def _name(self, text: str) -> str:
        path = PurePosixPath(text)
        if path.is_absolute() or ".." in path.parts or "\0" in text:
            raise ImageError(f"{self._archive}: an entry leads outside: {printable_line(text, 200)}")
        return "/".join(part for part in path.parts if part != ".")

    def _folder(self, name: str) -> Path:
        """A folder below the root, made if it lacks; no part of its path may be a link."""
        if name not in self._folders:
            above, _, last = name.rpartition("/")
            path = self._folder(above) / last
            if not _is_folder(path):
                if path.is_symlink() or path.exists():
                    raise ImageError(
                        f"{self._archive}: an entry lies below {printable_line(name, 200)}, which is no folder"
                    )
                path.mkdir()
            self._folders.add(name)
        return self._root / name

    def _remove(self, path: Path) -> None:
        if _is_folder(path):
            shutil.rmtree(path)
            gone = path.relative_to(self._root).as_posix()
            self._folders = {
                each for each in self._folders if each != gone and not each.startswith(f"{gone}/")
            }
        else:
            path.unlink(missing_ok=True)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False

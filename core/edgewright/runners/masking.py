"""Secrets kept out of what a task leaves: its log, its messages and its outputs.

This is against accidents, a header that is printed or a request that is written down. A block that wants to give its
secret away can: it may write it backwards.
"""

from __future__ import annotations

import base64
import json
import mmap
import os
import stat
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MASK: Final = "***"
#: Shorter values would mask half of any text.
MIN_LENGTH: Final = 4
#: Shorter pieces of base64 stand in any other base64 too.
MIN_PIECE: Final = 6
#: The harvest refuses what lies deeper.
MAX_DEPTH: Final = 64


class Mask:
    """Finds values as they are, and as JSON, URLs and base64 write them.

    Parameters
    ----------
    values : iterable of bytes
        The secrets; those shorter than :data:`MIN_LENGTH` are not masked.
    """

    def __init__(self, values: Iterable[bytes]) -> None:
        forms = {form for value in values if len(value) >= MIN_LENGTH for form in _forms(value)}
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    def text(self, text: str) -> str:
        """The text with each value replaced by ``***``."""
        try:
            data = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # half a character, which JSON may name
            data = text.encode("utf-8", "backslashreplace")
        for form in self._forms:
            data = data.replace(form, MASK.encode())
        return data.decode("utf-8", "surrogateescape")

    def plain(self, value: Any) -> Any:
        """The same in every text of plain data, names of fields too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.plain(name): self.plain(item) for name, item in value.items()}
        return [self.plain(item) for item in value] if isinstance(value, (list, tuple)) else value

    def file(self, path: Path) -> bool:
        """Overwrite each value in a file of ours by as many asterisks. Returns whether there was one."""
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            return self._overwrite(descriptor)
        finally:
            os.close(descriptor)

    def tree(self, folder: Path) -> tuple[list[str], bool]:
        """Do so in every file below a folder that a dead block left, following no link.

        Returns
        -------
        list of str, bool
            The files that held a value, and whether a name did (it is not among them).
        """
        found: list[str] = []
        named = False

        def visit(parent: int, prefix: str, depth: int) -> None:
            nonlocal named
            with os.scandir(parent) as entries:
                names = sorted(entry.name for entry in entries)
            for name in names:
                if self.text(name) != name:
                    named = True
                    continue
                below = self._enter(name, parent)
                if below is None:
                    continue
                try:
                    if not stat.S_ISDIR(os.fstat(below).st_mode):
                        if self._overwrite(below):
                            found.append(prefix + name)
                    elif depth < MAX_DEPTH:
                        visit(below, f"{prefix}{name}/", depth + 1)
                finally:
                    os.close(below)

        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            visit(top, "", 0)
        finally:
            os.close(top)
        return found, named

    def _enter(self, name: str, parent: int) -> int | None:
        """Descriptor of a folder, or to write to a plain file; None for what the harvest refuses by itself."""
        info = os.stat(name, dir_fd=parent, follow_symlinks=False)
        flags = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        if stat.S_ISDIR(info.st_mode):
            return os.open(name, flags | os.O_RDONLY | os.O_DIRECTORY, dir_fd=parent)
        if not stat.S_ISREG(info.st_mode) or info.st_nlink != 1:
            return None
        if not info.st_mode & stat.S_IWUSR:
            os.chmod(
                name, 0o600, dir_fd=parent
            )  # a plain file that is no link: nobody is left to change that
        return os.open(name, flags | os.O_RDWR, dir_fd=parent)

    def _overwrite(self, descriptor: int) -> bool:
        size = os.fstat(descriptor).st_size
        if not size or not self._forms:
            return False
        found = False
        with mmap.mmap(descriptor, size) as content:
            for form in self._forms:
                at = content.find(form)
                while at >= 0:
                    found = True
                    content[at : at + len(form)] = b"*" * len(form)
                    at = content.find(form, at + len(form))
        return found


def _forms(value: bytes) -> set[bytes]:
    """How a value may be written."""
    forms = {value, quote(value, safe="").encode()}
    text = value.decode("utf-8", "surrogateescape")
    for ascii_only in (True, False):
        forms.add(json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode("utf-8", "surrogateescape"))
    for shift in range(3):
        piece = _base64_piece(value, shift)
        if len(piece) >= MIN_PIECE:
            forms |= {piece, piece.replace(b"+", b"-").replace(b"/", b"_")}
    return forms


def _base64_piece(value: bytes, shift: int) -> bytes:
    """The part of a longer base64 text that depends on nothing but the value, `shift` bytes into a group of three."""
    encoded = base64.b64encode(b"\0" * shift + value)
    start = (0, 2, 3)[shift]
    return encoded[start : len(encoded) - (0, 3, 2)[(shift + len(value)) % 3]]

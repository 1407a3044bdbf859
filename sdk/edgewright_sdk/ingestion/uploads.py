"""Uploads as files: ``<category>/<name>`` and, beside them, ``info.labels`` with labels and metadata."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LABELS_FILE: Final = "info.labels"
#: ``split`` leaves it to whoever reads the data which part of them is for testing.
CATEGORIES: Final = ("training", "testing", "split", "anomaly")

MAX_FILES: Final = 10_000
MAX_TOTAL_BYTES: Final = 2 << 30
MAX_LABEL: Final = 1_000
MAX_NAME: Final = 120

_HEAD = b'{"version": 1, "files": [\n'
_TAIL = b"\n]}\n"
_UNSAFE = re.compile(r"[^\w.+()@=, -]+")
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789")]
)


class UploadError(Exception):
    """An upload that is refused: an HTTP status and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Described:
    """What a request says of its files. ``label`` None: the name up to its first dot, unless ``unlabelled``."""

    category: str
    label: str | None = None
    unlabelled: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    boxes: tuple[Mapping[str, Any], ...] = ()
    no_duplicates: bool = False


class Uploads:
    """The files of one task.

    Parameters
    ----------
    out : Path
        An empty folder. Its ``info.labels`` is valid JSON from the beginning and after every upload.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._names: set[str] = set()
        self._seen: set[bytes] = set()
        self._bytes = 0
        self._count = 0
        (out / LABELS_FILE).write_bytes(_HEAD + _TAIL)

    def add(self, name: str, content: bytes, described: Described) -> tuple[int, str]:
        """Write one file and its entry.

        Returns
        -------
        number, path
            Counted from 1; the path below the folder.

        Raises
        ------
        UploadError
            Empty, a duplicate where none is wanted, or beyond what one task may upload.
        """
        if not content:
            raise UploadError(400, f"{name!r} is empty")
        digest = hashlib.sha256(content).digest()
        with self._lock:
            if described.no_duplicates and digest in self._seen:
                raise UploadError(400, f"{name!r} was uploaded already (x-disallow-duplicates)")
            if self._count >= MAX_FILES:
                raise UploadError(413, f"more than {MAX_FILES} files")
            if self._bytes + len(content) > MAX_TOTAL_BYTES:
                raise UploadError(413, f"more than {MAX_TOTAL_BYTES >> 20} MiB in all")
            path = self._place(described.category, name)
            self._count += 1
            self._bytes += len(content)
            self._seen.add(digest)
            target = self._out / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)
            self._append(_entry(path, name, described))
            return self._count, path

    def _place(self, category: str, name: str) -> str:
        """Choose a path that no other upload has, whatever the file system does with case."""
        stem, dot, suffix = safe_name(name).rpartition(".")
        if not dot:
            stem, suffix = suffix, ""
        number = 1
        while True:
            path = f"{category}/{stem}{f'-{number}' if number > 1 else ''}{dot}{suffix}"
            if path.casefold() not in self._names:
                self._names.add(path.casefold())
                return path
            number += 1

    def _append(self, entry: dict[str, Any]) -> None:
        """Put an entry before the end of the document, by one write."""
        text = json.dumps(entry, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        with (self._out / LABELS_FILE).open("r+b", buffering=0) as file:
            file.seek(-len(_TAIL), os.SEEK_END)
            file.write((b",\n" if self._count > 1 else b"") + text + _TAIL)


def safe_name(name: str) -> str:
    """Return a file name that is harmless on every file system, with the given one's suffix.

    Examples
    --------
    >>> safe_name("../../etc/passwd"), safe_name("hard hat: 1.PNG"), safe_name("con.wav"), safe_name("...")
    ('passwd', 'hard hat_ 1.PNG', '_con.wav', 'upload')
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    clean = _UNSAFE.sub("_", last).strip(" .-")
    if len(clean) > MAX_NAME or len(clean.encode()) > 2 * MAX_NAME:
        stem, dot, suffix = clean.rpartition(".")
        clean = f"{(stem or suffix)[: MAX_NAME // 2]}{dot}{suffix[:10]}" if dot else clean[: MAX_NAME // 2]
    if clean.partition(".")[0].casefold() in _RESERVED:
        clean = f"_{clean}"
    return clean or "upload"


def _entry(path: str, name: str, described: Described) -> dict[str, Any]:
    label = described.label
    if label is None and not described.unlabelled:
        label = safe_name(name).partition(".")[0]
    entry: dict[str, Any] = {
        "path": path,
        "category": described.category,
        "label": {"type": "unlabeled"} if label is None else {"type": "label", "label": label[:MAX_LABEL]},
    }
    if described.metadata:
        entry["metadata"] = dict(described.metadata)
    if described.boxes:
        entry["boundingBoxes"] = list(described.boxes)
    return entry

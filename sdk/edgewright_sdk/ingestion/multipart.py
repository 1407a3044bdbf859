"""Bodies of ``multipart/form-data``: the files of one field."""

from __future__ import annotations

import re
from email.message import Message
from urllib.parse import unquote

from edgewright_sdk.ingestion.uploads import UploadError

MAX_PARTS = 1_000
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,200}")


def files_of(body: bytes, content_type: str, field: str) -> list[tuple[str, bytes]]:
    """Return ``(file name, content)`` of every part of the field that has a file name, in order.

    Raises
    ------
    UploadError
        The body isn't what its type says.
    """
    boundary = _parameter("content-type", content_type, "boundary")
    if boundary is None or not _BOUNDARY.fullmatch(boundary):
        raise UploadError(400, "the content type names no boundary")
    mark = b"--" + boundary.encode("ascii")
    # With a line end before it the first mark is like all others.
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise UploadError(400, "the body doesn't end with its boundary: it was cut off, or is no form")
    if len(pieces) > MAX_PARTS:
        raise UploadError(413, f"more than {MAX_PARTS} parts in one form")
    found = []
    for piece in pieces[1:-1]:
        head, separator, content = piece.partition(b"\r\n\r\n")
        if not separator:
            raise UploadError(400, "a part of the form has no end of its headers")
        name, file_name = _disposition(head.decode("utf-8", "replace"))
        if name == field and file_name is not None:
            found.append((file_name, content))
    return found


def _disposition(head: str) -> tuple[str | None, str | None]:
    for line in head.split("\r\n"):
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-disposition":
            extended = re.search(r"filename\*\s*=\s*(?:UTF-8|utf-8)''([^;\s]+)", value)
            plain = _parameter("content-disposition", value.strip(), "filename")
            name = _parameter("content-disposition", value.strip(), "name")
            return name, unquote(extended.group(1)) if extended else plain
    return None, None


def _parameter(header: str, value: str, name: str) -> str | None:
    message = Message()
    message[header] = value.replace("\r", " ").replace("\n", " ")
    found = message.get_param(name, header=header)
    return found if isinstance(found, str) else None

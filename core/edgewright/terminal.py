"""Text from elsewhere (blocks, data, specs) made safe to show on a terminal or in a message."""

from __future__ import annotations

import re
from typing import Final

#: C0 without tab and newline, DEL, C1, and what reorders or hides text (bidirectional controls, zero width, BOM).
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str, limit: int | None = None) -> str:
    r"""Show control characters as escapes (``\x1b``), tabs and newlines as they are; cut after ``limit``."""
    shown = _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
    if limit is not None and len(shown) > limit:
        return shown[: limit - 1] + "…"
    return shown


def printable_line(text: str, limit: int = 200) -> str:
    r"""Like :func:`printable` on one line: newlines and tabs become ``\n`` and ``\t`` too."""
    return printable(text, None).replace("\n", "\\n").replace("\t", "\\t")[:limit]

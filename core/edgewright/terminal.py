"""Text from elsewhere (blocks, data, specs) made safe to show on a terminal or in a message."""

from __future__ import annotations

_PLAIN = "\n\t\N{NO-BREAK SPACE}"


def printable(text: str) -> str:
    r"""Show what could drive a terminal or mislead a reader as an escape (``\x1b``, ``\u202e``).

    That is every control character but tab and newline, what turns or hides text (bidirectional and zero-width
    characters), and lone surrogates, which stand for bytes that are not UTF-8.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _PLAIN else _escape(c) for c in text)


def printable_line(text: str, limit: int = 200) -> str:
    r"""Like :func:`printable` on one line (``\n`` and ``\t`` too), cut with an ellipsis after ``limit``."""
    shown = printable(text[: limit + 1]).replace("\n", "\\n").replace("\t", "\\t")
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")

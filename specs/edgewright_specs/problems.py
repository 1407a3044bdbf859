"""What is wrong with a document: collected, not thrown one by one.

::

    SpecError(ValueError)     every problem of one document; exit code 2 on the command line
      └── .problems           list of Problem: path, line, pointer, message, got, allowed, hint

A line reads ``file:line: pointer: what; got …; allowed: …; → what to do``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHOWN_CHARACTERS: Final = 60
SHOWN_CHOICES: Final = 12
SHOWN_PROBLEMS: Final = 50
#: A close match is looked for among so many words; the search takes time with each.
CANDIDATES: Final = 1000

#: Stands for "there is no value to show".
NOTHING: Final = object()


def clean(text: str) -> str:
    """Escape control, format and surrogate characters, so that untrusted text can't act on a terminal or fake a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown(value: Any, limit: int = SHOWN_CHARACTERS) -> str:
    """Render an untrusted value on one line of at most about `limit` characters."""
    if isinstance(value, str):
        cut = value[: limit + 1]
        text = f'"{clean(cut[:limit])}{"…" if len(cut) > limit else ""}"'
        return text if text.strip('"') or not value else f'"{value!a}"'
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        # str() of a huge integer is quadratic and refused by Python beyond 4300 digits.
        return str(value) if value.bit_length() < 256 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        keys = ", ".join(clean(str(k)[:20]) for k in list(value)[:4])
        return f"an object {{{keys}{', …' if len(value) > 4 else ''}}}"
    if isinstance(value, (list, tuple)):
        items = ", ".join(shown(v, 20) for v in list(value)[:4] if not isinstance(v, (dict, list)))
        return f"a list of {len(value)} [{items}{', …' if len(value) > 4 else ''}]" if items else "a list"
    return clean(type(value).__name__)


def choices(values: Iterable[Any]) -> str:
    """Join allowed values for a message, bounded."""
    known = list(values)
    text = ", ".join(clean(v) if isinstance(v, str) else shown(v) for v in known[:SHOWN_CHOICES])
    return f"{text}, … ({len(known)} in all)" if len(known) > SHOWN_CHOICES else text


def suggestion(word: Any, known: Iterable[Any]) -> str:
    """Return ``did you mean "x"?`` for the closest known word, or an empty string."""
    if not isinstance(word, str) or not 0 < len(word) <= 100:
        return ""
    by_folded = {str(k).casefold().replace("_", "-"): str(k) for k in islice(known, CANDIDATES)}
    folded = word.casefold().replace("_", "-")
    close = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return f'did you mean "{clean(by_folded[close[0]])}"?' if close else ""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a document.

    Parameters
    ----------
    message
        What is wrong, in words.
    pointer
        JSON pointer (RFC 6901) of the place; empty for the whole document.
    got, allowed
        The value found, rendered, and what may stand there.
    hint
        What to do about it.
    path, line
        The file, and the line in it (from 1), where known.
    warning
        True for a tolerated fault: reported, never an error.
    """

    message: str
    pointer: str = ""
    got: str = ""
    allowed: str = ""
    hint: str = ""
    path: str = ""
    line: int | None = None
    warning: bool = False

    def __str__(self) -> str:
        place = f"{clean(self.path)}:{self.line}: " if self.path and self.line else ""
        place = place or (f"{clean(self.path)}: " if self.path else "")
        pointer = f"{clean(self.pointer)}: " if self.pointer else ""
        text = f"{place}{pointer}{self.message}"
        text += f"; got {self.got}" if self.got else ""
        text += f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{text}; {self.hint}" if self.hint else text


class SpecError(ValueError):
    """A document that can't be used, with all of its problems.

    Parameters
    ----------
    problems
        At least one; warnings among them are dropped.
    """

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: list[Problem] = [p for p in problems if not p.warning]
        lines = [str(p) for p in self.problems[:SHOWN_PROBLEMS]]
        more = len(self.problems) - len(lines)
        if more > 0:
            lines.append(f"… and {more} more")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[SpecError], tuple[list[Problem]]]:
        return type(self), (self.problems,)  # so that it crosses a process boundary whole


def problem(
    message: str, pointer: str = "", *, got: Any = NOTHING, allowed: str = "", hint: str = ""
) -> Problem:
    """Make a :class:`Problem`, rendering the value that was `got`."""
    return Problem(message, pointer, "" if got is NOTHING else shown(got), allowed, hint)


def escape_pointer(key: str | int) -> str:
    """Escape one key for use in a JSON pointer."""
    return str(key).replace("~", "~0").replace("/", "~1")


def pointer_of(keys: Iterable[str | int]) -> str:
    """Return the JSON pointer of a path of keys."""
    return "".join("/" + escape_pointer(key) for key in keys)


def keys_of(pointer: str) -> list[str]:
    """Split a JSON pointer into its unescaped keys."""
    return [k.replace("~1", "/").replace("~0", "~") for k in pointer.split("/")[1:]]

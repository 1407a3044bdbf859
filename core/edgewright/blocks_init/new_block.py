"""What a new block is to be: its kind, its texts, its parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from edgewright.errors import UsageError
from edgewright_specs.problems import suggestion

if TYPE_CHECKING:
    from pathlib import Path

KINDS: Final = ("processing", "learning", "deployment", "transform")
#: Kinds whose template has device code.
WITH_DEVICE: Final = ("processing", "learning")

#: Types of parameters, by every word that is understood for them.
TYPES: Final = {
    "int": "int", "integer": "int", "float": "float", "number": "float", "boolean": "boolean", "bool": "boolean",
    "string": "string", "str": "string", "text": "string", "select": "select", "list": "list",
}  # fmt: skip

_VALID: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: The block's name names a C++ function.
_KEYWORDS: Final = {
    "alignas", "alignof", "auto", "bool", "break", "case", "catch", "char", "class", "concept", "const", "constexpr",
    "continue", "decltype", "default", "delete", "do", "double", "else", "enum", "explicit", "export", "extern", "false",
    "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable", "namespace", "new", "noexcept", "not",
    "nullptr", "operator", "or", "and", "xor", "private", "protected", "public", "register", "requires", "return", "short",
    "signed", "sizeof", "static", "struct", "switch", "template", "this", "throw", "true", "try", "typedef", "typeid",
    "typename", "union", "unsigned", "using", "virtual", "void", "volatile", "while", "main",
}  # fmt: skip
_PARAM: Final = re.compile(
    r"(?P<name>[^:=/]+):(?P<type>[a-z]+)(?P<allowed>(/[^=/]*)*)=(?P<default>.*)", re.DOTALL
)
EXAMPLES: Final = "gain:float=1.0, order:int/1..8=4, mode:select/fast/exact=fast"
_PARAM_FORM: Final = f"NAME:TYPE=DEFAULT, as in {EXAMPLES}"


@dataclass(frozen=True)
class NewBlock:
    """A block to be written.

    Attributes
    ----------
    kind : {"processing", "learning", "deployment", "transform"}
    folder : Path
        The new folder; its name becomes the block's (dashes become underscores).
    title, description, author : str
        Its texts; the template's own where they are empty.
    params : tuple of dict
        Items for ``parameters.json``, from :func:`parse_param`.
    device : bool
        With device code, where blocks of this kind have any.
    visual : bool
        A learning block that reads images and returns a score and a map.
    """

    kind: str
    folder: Path
    title: str = ""
    description: str = ""
    author: str = ""
    params: tuple[dict[str, Any], ...] = field(default_factory=tuple)
    device: bool = True
    visual: bool = False

    @property
    def name(self) -> str:
        """The block's name."""
        return self.folder.resolve().name.replace("-", "_")

    @property
    def template(self) -> str:
        """Which template it starts from."""
        return "visual" if self.visual else self.kind

    def check(self) -> None:
        """Refuse what can't be written. Raises UsageError."""
        if self.kind not in KINDS:
            hint = suggestion(self.kind, KINDS) or f"there are: {', '.join(KINDS)}"
            raise UsageError(f"no kind of block {self.kind!r}", hint=hint)
        if self.visual and self.kind != "learning":
            raise UsageError(
                f"--visual with a {self.kind} block", hint="an image detector is a learning block"
            )
        if not _VALID.fullmatch(self.name):
            raise UsageError(
                f"{self.folder.resolve().name!r} can't be a block's name",
                hint="allowed: lower-case letters, digits and _, a letter first, at most 40",
            )
        if self.name in _KEYWORDS:
            raise UsageError(
                f"{self.name!r} can't be a block's name: it means something in C++, and the name becomes a function there",
                hint=f"for example: {self.name}_block",
            )
        for flag, text in (
            ("--title", self.title),
            ("--description", self.description),
            ("--author", self.author),
        ):
            if not text.isprintable():
                raise UsageError(
                    f"{flag} {text!r}: not one line of text", hint="leave out line breaks and controls"
                )


def parse_param(text: str) -> dict[str, Any]:
    """Read ``NAME:TYPE=DEFAULT`` into an item of ``parameters.json``.

    After the type may stand, each after a slash, what is allowed: ``/MIN..MAX`` of a number, the options of a select.

    Raises
    ------
    UsageError
        It isn't of that form. Whether name, default and limits are right is said by the spec's own checks.

    Examples
    --------
    >>> parse_param("filter-order:int/1..8=4")
    {'name': 'Filter order', 'param': 'filter-order', 'type': 'int', 'value': 4, 'min': 1, 'max': 8, 'help': ''}
    """
    found = _PARAM.fullmatch(text)
    if found is None:
        raise UsageError(f"--param {text!r}: not NAME:TYPE=DEFAULT", hint=f"allowed: {_PARAM_FORM}")
    name = found["name"].strip()
    kind = TYPES.get(found["type"])
    if kind is None:
        allowed = sorted(set(TYPES.values()))
        hint = suggestion(found["type"], TYPES) or f"types: {', '.join(allowed)}"
        raise UsageError(f"--param {text!r}: no type {found['type']!r}", hint=hint)
    item: dict[str, Any] = {
        "name": name.replace("-", " ").replace("_", " ").capitalize(),
        "param": name.replace("_", "-"),
        "type": kind,
        "value": _value(kind, found["default"], text),
    }
    allowed = [word for word in found["allowed"].split("/")[1:] if word]
    if kind == "select":
        item["valid"] = allowed
    elif allowed:
        item |= _limits(kind, allowed, text)
    return item | {"help": ""}


def _limits(kind: str, allowed: list[str], text: str) -> dict[str, Any]:
    low, dots, high = allowed[0].partition("..")
    if kind not in {"int", "float"} or len(allowed) > 1 or not dots:
        raise UsageError(
            f"--param {text!r}: {'/'.join(allowed)!r} limits nothing", hint=f"allowed: {_PARAM_FORM}"
        )
    limits = {"min": low, "max": high}
    return {name: _value(kind, limit, text) for name, limit in limits.items() if limit}


def _value(kind: str, word: str, text: str) -> Any:
    try:
        if kind == "int":
            return int(word)
        if kind == "float":
            return float(word)
    except ValueError:
        raise UsageError(f"--param {text!r}: {word!r} is no {kind}", hint=f"allowed: {_PARAM_FORM}") from None
    if kind == "boolean":
        known = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
        if word.lower() not in known:
            raise UsageError(f"--param {text!r}: {word!r} is neither true nor false")
        return known[word.lower()]
    if kind == "list":
        return [part.strip() for part in word.split(",") if part.strip()]
    return word

"""YAML 1.2 with the line of every value, on ruamel.yaml's event parser.

Only the core schema: ``no, yes, on, off`` are text. Values are built here, not by a constructor, so that no tag can
make an object, an alias can't blow up, and each key and value keeps its line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from edgewright_specs.documents import MAX_DEPTH, Document, Lines
from edgewright_specs.problems import Problem, SpecError, escape_pointer, problem, shown

if TYPE_CHECKING:
    from pathlib import Path

MAX_EXPANDED: Final = 200_000
_NULL: Final = re.compile(r"(?:~|null|Null|NULL)?\Z")
_BOOL: Final = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INT: Final = re.compile(r"[-+]?[0-9]+\Z")
_BASED: Final = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_SPECIAL: Final = re.compile(r"([-+]?)\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_TAGS: Final = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq")}


def parse_yaml(text: str, path: Path) -> Document:
    """Parse one YAML document.

    Raises
    ------
    SpecError
        Not YAML, more than one document, nested beyond the cap, a foreign tag, or an alias that grows too large.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    builder = _Builder(path)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = (error.problem or error.context or "can't be parsed").strip()
        hint = "put text that begins with a special character in quotes" if "cannot start" in what else ""
        raise SpecError(
            [
                Problem(
                    f"is not YAML: {what[:200]}",
                    path=str(path),
                    line=mark.line + 1 if mark else None,
                    hint=hint,
                )
            ]
        ) from None
    except SpecError:  # a ValueError too, and complete as it is
        raise
    except (
        YAMLError,
        ValueError,
        IndexError,
        AttributeError,
        AssertionError,
        NotImplementedError,
        KeyError,
    ) as error:
        # ruamel's scanner raises bare errors for a few malformed directives and characters.
        first = (str(error) or type(error).__name__).splitlines()[0]
        raise SpecError([Problem(f"is not YAML: {shown(first, 120)}", path=str(path))]) from None
    lines, plain = builder.lines, builder.plain
    return Document(
        builder.root, path, tuple(builder.duplicates), tuple(builder.faults), lambda: lines, lambda: plain
    )


@dataclass
class _Open:
    """A container that is being read."""

    pointer: str
    value: Any
    anchor: str | None
    key: str | None = None
    size: int = 1


@dataclass
class _Builder:
    path: Path
    root: Any = None
    lines: Lines = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)
    duplicates: list[str] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    documents: int = 0
    expanded: int = 0

    def stop(self, message: str, event: Any, hint: str = "") -> SpecError:
        return SpecError([Problem(message, path=str(self.path), line=event.start_mark.line + 1, hint=hint)])

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise self.stop("holds more than one document", event, 'remove the second "---"')
        elif kind == "ScalarEvent":
            self._scalar(event)
        elif kind == "AliasEvent":
            self._alias(event)
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            self._check_tag(event)
            if len(self.stack) >= MAX_DEPTH:
                raise self.stop(f"is nested deeper than {MAX_DEPTH} levels", event)
            value: Any = {} if kind == "MappingStartEvent" else []
            pointer = self._put(value, event, 0)
            self.stack.append(_Open(pointer, value, event.anchor))
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            done = self.stack.pop()
            if done.anchor:
                self.anchors[done.anchor] = (done.value, done.size)
            if self.stack:
                self.stack[-1].size += done.size

    def _check_tag(self, event: Any) -> None:
        tag = str(event.tag) if getattr(event, "tag", None) else ""
        if tag and tag != "!" and tag not in _TAGS:
            raise self.stop(
                f"has the tag {shown(tag)}; allowed: only YAML's own core types", event, "remove the tag"
            )

    def _scalar(self, event: Any) -> None:
        self._check_tag(event)
        plain = event.style is None and event.implicit[0]
        tag = str(event.tag).rpartition(":")[2] if event.tag and str(event.tag) != "!" else ""
        parent = self.stack[-1] if self.stack else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            self._key(parent, event)
            return
        value = event.value
        if (plain and not event.tag) or (tag and tag != "str"):
            value = resolve(event.value)
        pointer = self._put(value, event)
        if isinstance(value, BadNumber):
            self.faults.append(problem("is an integer of more than 400 digits", pointer))
        if plain and not isinstance(value, str):
            self.plain[pointer] = event.value
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)

    def _key(self, parent: _Open, event: Any) -> None:
        pointer = f"{parent.pointer}/{escape_pointer(event.value)}"
        if event.value in parent.value:
            self.duplicates.append(pointer)
        self.lines[pointer] = event.start_mark.line + 1
        parent.key = event.value

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise self.stop(f"has an alias *{shown(event.anchor)} to nothing before it", event)
        value, size = self.anchors[event.anchor]
        self.expanded += size
        if self.expanded > MAX_EXPANDED:
            raise self.stop(f"has aliases that grow beyond {MAX_EXPANDED} values", event)
        self._put(value, event, size)

    def _put(self, value: Any, event: Any, size: int = 1) -> str:
        line = event.start_mark.line + 1
        if not self.stack:
            self.root = value
            self.lines.setdefault("", line)
            return ""
        parent = self.stack[-1]
        parent.size += size
        if isinstance(parent.value, list):
            pointer = f"{parent.pointer}/{len(parent.value)}"
            self.lines[pointer] = line
            parent.value.append(value)
        elif parent.key is None:
            raise self.stop("has a key that is not text", event)
        else:
            pointer = f"{parent.pointer}/{escape_pointer(parent.key)}"
            parent.value[parent.key] = value
            parent.key = None
        return pointer


class BadNumber(int):
    """Stands for an integer too long to convert."""


def resolve(text: str) -> Any:
    """Return what a plain scalar means by the core schema of YAML 1.2."""
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text[0] in "tT"
    if len(text) > 400 and (_INT.match(text) or _BASED.match(text)):
        return BadNumber(0)
    if _INT.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text, 0)
    if _FLOAT.match(text):
        return float(text)
    if special := _SPECIAL.match(text):
        return float("nan") if "n" in text.casefold()[1:2] else float(f"{special[1] or ''}inf")
    return text

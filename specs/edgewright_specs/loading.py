"""Load an impulse: text → document with lines → model → checks across it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgewright_specs.documents import Document, load_document, parse_document
from edgewright_specs.impulse import ImpulseSpec
from edgewright_specs.problems import problem
from edgewright_specs.validation import build


def load_impulse(path: Path | str) -> ImpulseSpec:
    """Load and check an impulse from a YAML (or JSON) file.

    Checked here: shape, types and ranges of every field, unknown and repeated keys, ids, inputs, cycles, thresholds.
    Not here: whether blocks exist and take their parameters, and shapes, which need the blocks (the planner does).

    Raises
    ------
    SpecError
        With every problem of the file, each with its line.
    """
    return _checked(load_document(Path(path)))


def parse_impulse(text: str, path: Path | str = "impulse.yaml") -> ImpulseSpec:
    """Check an impulse given as text; `path` names it in messages and is where relative paths start from.

    Raises
    ------
    SpecError
        As :func:`load_impulse`.
    """
    return _checked(parse_document(text, Path(path)))


def _checked(document: Document) -> ImpulseSpec:
    from edgewright_specs.graph import impulse_problems

    document = replace(document, value=_with_written_labels(document))
    problems = [problem("is given twice", pointer) for pointer in document.duplicates]
    if not isinstance(document.value, dict):
        if document.value is None:
            document.refuse(
                [problem("is empty", hint="`edgewright init DATA` writes an impulse to start from")]
            )
        document.refuse([problem("is not an impulse: an object is wanted", got=document.value)])
    impulse, found = build(ImpulseSpec, document, schema="impulse")
    problems += found
    if impulse is not None:
        problems += impulse_problems(impulse)
    else:
        from edgewright_specs.salvage import salvage, unaffected

        readable, removed = salvage(ImpulseSpec, document.value, problems, _stand_in)
        problems += unaffected(impulse_problems(readable), removed) if readable is not None else []
    document.refuse(problems)
    assert impulse is not None  # for mypy: without a model there were problems
    impulse._document = document
    return impulse


def _stand_in(pointer: str, item: Any) -> Any:
    """Keep id and inputs of a node that is otherwise unreadable, so that the graph around it can be checked."""
    if not re.fullmatch(r"/(processing|learning|deployment)/[0-9]+", pointer):
        return None
    given = item if isinstance(item, dict) else {}
    name, inputs = given.get("id"), given.get("input")
    readable = isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", name)
    made = {"id": name if readable else f"unreadable{pointer.replace('/', '-')}", "block": "unreadable"}
    if pointer.startswith("/deployment"):
        return made
    texts = isinstance(inputs, str) or (
        isinstance(inputs, list) and all(isinstance(i, str) and i for i in inputs)
    )
    return made | {"input": inputs if texts and inputs else ["input"]}


def _with_written_labels(document: Document) -> Any:
    """Give labels and axis names back as written: ``normal: [007, 1.0]`` names two labels, not two numbers."""
    value = document.value
    if not isinstance(value, dict):
        return value
    value = dict(value)
    for section, fields in (("data", ("normal", "abnormal")), ("input", ("axes",))):
        if isinstance(value.get(section), dict):
            inner = dict(value[section])
            for name in fields:
                if name in inner:
                    inner[name] = _as_written(document, inner[name], f"/{section}/{name}")
            value[section] = inner
    return value


def _as_written(document: Document, value: Any, pointer: str) -> Any:
    if isinstance(value, list):
        return [_as_written(document, v, f"{pointer}/{i}") for i, v in enumerate(value)]
    if isinstance(value, (str, dict)) or value is None:
        return value
    written = document.source_text(pointer)
    return written if written is not None else value

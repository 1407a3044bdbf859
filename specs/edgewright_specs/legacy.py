"""What Edge Impulse's files may do that ours may not, and the sidecar they keep their type in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from edgewright_specs.block_file import TYPES, BlockFile
from edgewright_specs.documents import Document, load_document
from edgewright_specs.problems import Problem, pointer_of
from edgewright_specs.validation import explain

if TYPE_CHECKING:
    from pathlib import Path

SIDECAR: Final = ".ei-block-config"
_ITEM_ESSENTIALS: Final = {"param", "type", "value", "valid", "showIf"}


def is_ours(value: Any) -> bool:
    """Tell whether a document declares our contract."""
    return isinstance(value, dict) and value.get("edgewright") is not None


def tolerate(document: Document) -> tuple[BlockFile | None, list[Problem]]:
    """Build the model of a file without an ``edgewright`` object.

    A bare list stands for its parameters; ``parameters`` and ``type`` may be missing; repeated keys, unknown fields
    and faulty fields that only dress a form are dropped with a warning.
    """
    bare = isinstance(document.value, list)
    value: Any = {"parameters": document.value} if bare else document.value
    if isinstance(value, dict) and value.get("parameters", ...) is None:
        value = {**value, "parameters": []}
    warnings = [_warning("is given twice; the last one holds", p) for p in document.duplicates]
    model: BlockFile | None = None
    problems: list[Problem] = []
    try:
        model = BlockFile.model_validate(value)
    except ValidationError as error:
        value, dropped = _without_dress(value, error)
        warnings += dropped
        try:
            model = BlockFile.model_validate(value)
        except ValidationError as again:
            problems = explain(again, value, "parameters")
    found = [*problems, *warnings]
    return model, [replace(p, pointer=unwrapped(p.pointer)) for p in found] if bare else found


def unwrapped(pointer: str) -> str:
    """Return the pointer of a bare list's item as the file has it."""
    return pointer.removeprefix("/parameters")


def _without_dress(value: Any, error: ValidationError) -> tuple[Any, list[Problem]]:
    """Copy the document without the faulty fields that a run can do without."""
    drops: dict[str, list[str]] = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        loc = [k for k in item["loc"] if not (isinstance(k, str) and k.startswith("<"))]
        path = loc[: next((i + 1 for i, k in enumerate(loc) if _is_field(loc, i)), 0)]
        if not path or not isinstance(path[-1], str):
            continue
        known = path[0] == "info" or path[-1] not in _ITEM_ESSENTIALS
        if known and item["type"] != "missing":
            drops[pointer_of(path)] = [str(k) for k in path]
    warnings: list[Problem] = []
    for pointer, keys in drops.items():
        value = _dropped(value, keys)
        warnings.append(_warning("is unknown or not as expected; left out", pointer))
    return value, warnings


def _is_field(loc: list[Any], i: int) -> bool:
    """Tell whether `loc[i]` is a field of ``info``, of a parameter, of a group, or an unknown one at the top."""
    if loc[0] != "parameters":
        return i == 1 if loc[0] == "info" else i == 0 and loc[0] not in BlockFile.model_fields
    if len(loc) > 2 and loc[2] == "items" and len(loc) > 4:
        return i == 4
    return i == 2 and loc[2] != "items"


def _dropped(value: Any, keys: list[str]) -> Any:
    if isinstance(value, list):
        index = int(keys[0])
        return [_dropped(v, keys[1:]) if i == index else v for i, v in enumerate(value)]
    if isinstance(value, dict) and keys[0] in value:
        if len(keys) == 1:
            return {k: v for k, v in value.items() if k != keys[0]}
        return {**value, keys[0]: _dropped(value[keys[0]], keys[1:])}
    return value


def _warning(message: str, pointer: str) -> Problem:
    return Problem(message, pointer, warning=True)


def sidecar(folder: Path) -> dict[str, str]:
    """Read name, type and operatesOn from ``.ei-block-config`` (versions 0 and 1), where there is one.

    Raises
    ------
    SpecError
        The file isn't JSON.
    """
    path = folder / SIDECAR
    if not path.is_file():
        return {}
    value = load_document(path).value
    if not isinstance(value, dict):
        return {}
    hosts = value.get("config")
    sources = [value, *(hosts.values() if isinstance(hosts, dict) else ())]
    found: dict[str, str] = {}
    for source in sources:
        if isinstance(source, dict):
            for word, names in (
                ("name", ("name",)),
                ("type", ("type",)),
                ("operates_on", ("operatesOn", "tlOperatesOn")),
            ):
                for name in names:
                    if isinstance(source.get(name), str):
                        found.setdefault(word, source[name])
    if found.get("type") not in TYPES:
        found.pop("type", None)
    return found

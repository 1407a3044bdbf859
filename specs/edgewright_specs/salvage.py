"""The readable part of a document that its model refused, so that the checks across it still find what they can.

Without it a typing error in one field would hide a cycle three lines below until the next try.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from edgewright_specs.problems import Problem, keys_of, pointer_of

M = TypeVar("M", bound=BaseModel)
#: Gives a harmless item for the unreadable one at a pointer, or None where there is no such thing.
StandIn = Callable[[str, Any], Any]


def salvage(
    model: type[M], value: Any, problems: Iterable[Problem], stand_in: StandIn
) -> tuple[M | None, set[str]]:
    """Build the model without the faulty parts.

    Parameters
    ----------
    model, value
        The class and the refused document.
    problems
        What was found; fields at their pointers are left out, list items replaced by `stand_in`.

    Returns
    -------
    tuple
        The model, or None where too little is readable; and the pointers of what was left out or replaced.
    """
    left = deepcopy(value)
    removed: set[str] = set()
    for pointer in sorted({p.pointer for p in problems}, key=len, reverse=True):
        if pointer:
            _remove(left, pointer, removed, stand_in)
    for _ in range(2):
        try:
            return model.model_validate(left), removed
        except ValidationError as error:
            before = len(removed)
            for item in error.errors(include_url=False, include_context=False, include_input=False):
                keys = [k for k in item["loc"] if not (isinstance(k, str) and k.startswith("<"))]
                _replace_item(left, keys, removed, stand_in)
            if len(removed) == before:
                return None, removed
    return None, removed


def unaffected(found: Iterable[Problem], removed: set[str]) -> list[Problem]:
    """Keep the problems that don't stem from what was left out: not at, above, below or beside it."""
    beside = {pointer.rpartition("/")[0] for pointer in removed}

    def touched(pointer: str) -> bool:
        within = any(
            pointer == r or pointer.startswith(r + "/") or r.startswith(pointer + "/") for r in removed
        )
        return within or pointer.rpartition("/")[0] in beside - {""}

    return [p for p in found if not touched(p.pointer)]


def _remove(root: Any, pointer: str, removed: set[str], stand_in: StandIn) -> None:
    keys = keys_of(pointer)
    parent = _walk(root, keys[:-1])
    if isinstance(parent, dict) and keys[-1] in parent:
        del parent[keys[-1]]
        removed.add(pointer)
    elif isinstance(parent, list):
        _replace_item(root, keys, removed, stand_in)


def _replace_item(root: Any, keys: list[Any], removed: set[str], stand_in: StandIn) -> None:
    """Put a stand-in for the innermost item around a fault that has one; else leave out the field around it."""
    for end in range(len(keys), 0, -1):
        pointer = pointer_of(keys[:end])
        parent = _walk(root, [str(k) for k in keys[: end - 1]])
        last = str(keys[end - 1])
        if pointer in removed and isinstance(parent, list):
            return
        if isinstance(parent, list) and last.isdigit() and int(last) < len(parent):
            item = stand_in(pointer, parent[int(last)])
            if item is not None:
                parent[int(last)] = item
                removed.add(pointer)
                return
        elif isinstance(parent, dict) and last in parent:
            del parent[last]
            removed.add(pointer)
            return


def _walk(root: Any, keys: list[str]) -> Any:
    for key in keys:
        if isinstance(root, dict) and key in root:
            root = root[key]
        elif isinstance(root, list) and key.isdigit() and int(key) < len(root):
            root = root[int(key)]
        else:
            return None
    return root

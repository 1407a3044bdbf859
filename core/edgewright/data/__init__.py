"""Data sets: which files, what they hold, what is normal, which split, which windows.

The host steps ``inventory``, ``read``, ``index`` and the function ``windows`` are what a run uses; ``describe`` and
``suggest`` look at a folder for a person. Each is imported when it is first asked for: a run that finds everything in
the store needs no array.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgewright.data.indexing import IndexSummary, index
    from edgewright.data.listing import DataFile, Inventory, inventory
    from edgewright.data.overview import DataOverview, describe, describe_impulse
    from edgewright.data.reading import ReadSummary, read
    from edgewright.data.suggesting import suggest
    from edgewright.data.suggestion import Suggestion
    from edgewright.data.windowing import windows

__all__ = [
    "DataFile",
    "DataOverview",
    "IndexSummary",
    "Inventory",
    "ReadSummary",
    "Suggestion",
    "describe",
    "describe_impulse",
    "index",
    "inventory",
    "read",
    "suggest",
    "windows",
]

#: No module has the name of a function: once imported it would shadow it.
_HOMES = {
    "DataFile": "listing",
    "DataOverview": "overview",
    "IndexSummary": "indexing",
    "Inventory": "listing",
    "ReadSummary": "reading",
    "Suggestion": "suggestion",
    "describe": "overview",
    "describe_impulse": "overview",
    "index": "indexing",
    "inventory": "listing",
    "read": "reading",
    "suggest": "suggesting",
    "windows": "windowing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

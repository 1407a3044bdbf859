"""Data sets: which files, what they hold, what is normal, which split, which windows.

The host steps ``inventory``, ``read``, ``index`` and the function ``windows`` are what a run uses; ``describe`` and
``suggest`` look at a folder for a person.
"""

from __future__ import annotations

from edgewright.data.indexing import IndexSummary, index
from edgewright.data.inventory import DataFile, Inventory, inventory
from edgewright.data.overview import DataOverview, describe
from edgewright.data.reading import ReadSummary, read
from edgewright.data.suggest import suggest
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
    "index",
    "inventory",
    "read",
    "suggest",
    "windows",
]

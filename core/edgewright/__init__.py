"""Edgewright: a self-hosted block framework for machine learning on the edge.

Importing this package is cheap: every public name below is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgewright.errors import EdgewrightError
    from edgewright.face import open_block
    from edgewright.running import Impulse, Run

__all__ = ["EdgewrightError", "Impulse", "Run", "__version__", "open_block"]

__version__ = "0.1.0"

_HOMES = {
    "EdgewrightError": "edgewright.errors",
    "Impulse": "edgewright.running",
    "Run": "edgewright.running",
    "open_block": "edgewright.face",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'edgewright' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

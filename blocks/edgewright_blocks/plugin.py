"""The built-in blocks, announced as a stranger's package would announce its own."""

from __future__ import annotations

from pathlib import Path

from edgewright.hookspecs import hookimpl

_KINDS = ("processing", "learning", "deployment")


@hookimpl
def edgewright_blocks() -> list[Path]:
    """List the folders of all built-in blocks."""
    root = Path(__file__).parent
    return sorted(spec.parent for kind in _KINDS for spec in root.glob(f"{kind}/*/parameters.json"))

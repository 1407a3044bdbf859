"""The deployment panel: what was built, how large it is, and what its self-test said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.running.run import Run

MAX_FILES = 40
MAX_ROWS = 60


def build(run: Run) -> dict[str, Any] | None:
    """Each target's files with sizes, and its verification where it was run."""
    targets = []
    for target in run.node_ids("deployment"):
        package = run.package(target)
        if not package.is_dir():
            continue
        files = sorted(
            (str(path.relative_to(package)), path.stat().st_size)
            for path in package.rglob("*")
            if path.is_file()
        )
        targets.append(
            {
                "target": target,
                "files": [{"path": name, "bytes": size} for name, size in files[:MAX_FILES]],
                "file_count": len(files),
                "bytes": sum(size for _, size in files),
                "verification": _verification(run.path / "outputs" / target / "verification.json"),
            }
        )
    return {"targets": targets} if targets else None


def _verification(path: Path) -> list[list[str]] | None:
    """A verification document as rows of (what, value): what each node's outputs differ by, then the rest, nested names
    joined by dots; None when it wasn't run."""
    if not path.is_file():
        return None
    rows: list[list[str]] = []

    def walk(prefix: str, value: Any) -> None:
        if len(rows) >= MAX_ROWS:
            return
        if prefix == "engines" and isinstance(value, dict):  # what they all found comes before
            rows.append([prefix, ", ".join(map(str, value))[:300]])
        elif isinstance(value, dict) and "largest_difference" in value:
            rows.append([prefix, _difference(value)])
        elif isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else str(key), inner)
        elif isinstance(value, list) and any(isinstance(inner, (dict, list)) for inner in value):
            for number, inner in enumerate(value):
                walk(f"{prefix}[{number}]", inner)
        else:
            text = ", ".join(map(str, value)) or "none" if isinstance(value, list) else _plain(value)
            rows.append([prefix, text[:300]])

    walk("", json.loads(path.read_text(encoding="utf-8")))
    return rows


def _difference(node: Mapping[str, Any]) -> str:
    text = f"{node.get('output', 'output')}: at most {_plain(node['largest_difference'])} from Python"
    if node.get("beyond_tolerance"):
        text += f", {_plain(node['beyond_tolerance'])} values beyond what is allowed"
    return text


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)

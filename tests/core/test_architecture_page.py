"""The page on architecture names every module of core, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_module_of_core_is_on_the_page():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("### Inside `core/edgewright`")[2].partition("\n## ")[0]
    told = {
        name
        for row in table.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`([a-z_]+(?:\.py|/))`", row.split("|")[1])
    }
    folder = ROOT / "core" / "edgewright"
    there = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    there |= {f"{path.name}/" for path in folder.iterdir() if (path / "__init__.py").is_file()}
    assert told == there

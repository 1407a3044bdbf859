"""Write the parameter table of each block's README from its ``parameters.json``.

``python -m edgewright_blocks.parameter_tables`` writes, ``--check`` only compares. The table stands between two marker
lines; everything else in a README is written by hand.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

BEGIN = "<!-- parameters: generated from parameters.json by python -m edgewright_blocks.parameter_tables -->"
END = "<!-- end of parameters -->"


def table(spec: dict[str, Any]) -> str:
    """Render the parameters of a spec as a Markdown table; parameters that are never shown are left out."""
    rows = ["| parameter | default | allowed | meaning |", "|---|---|---|---|"]
    for entry in spec.get("parameters", []):
        for item in entry.get("items", [entry] if "param" in entry else []):
            if item.get("showForImplementationVersion") != []:
                default = json.dumps(item["value"], ensure_ascii=False)
                cells = [f"`{item['param']}`", f"`{default}`", _allowed(item), item.get("help", "")]
                rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def _allowed(item: dict[str, Any]) -> str:
    words = [str(option["value"] if isinstance(option, dict) else option) for option in item.get("valid", [])]
    if item["type"] == "select":
        return ", ".join(words)
    text = {
        "int": "integer",
        "float": "number",
        "boolean": "true, false",
        "list": "list of texts",
        "string": "text",
    }
    kind = text.get(item["type"], item["type"])
    if "min" in item or "max" in item:
        kind += f" {item.get('min', '')}…{item.get('max', '')}"
    return ", ".join([kind, *words])


def updated(readme: str, spec: dict[str, Any]) -> str:
    """Return a README with its table renewed.

    Raises
    ------
    ValueError
        When it lacks the markers.
    """
    head, found, rest = readme.partition(BEGIN)
    _, ended, tail = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"needs the two lines {BEGIN} and {END}")
    return f"{head}{BEGIN}\n{table(spec)}\n{END}{tail}"


def main(arguments: list[str]) -> int:
    """Write or check all built-in blocks; returns the exit code."""
    stale = 0
    for path in sorted(Path(__file__).parent.glob("*/*/parameters.json")):
        readme = path.parent / "README.md"
        spec = json.loads(path.read_text(encoding="utf-8"))
        try:
            old = readme.read_text(encoding="utf-8")
            new = updated(old, spec)
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{readme}: {error}\n")
            stale += 1
            continue
        if new != old:
            stale += 1
            if "--check" in arguments:
                sys.stderr.write(f"{readme}: run python -m edgewright_blocks.parameter_tables\n")
            else:
                readme.write_text(new, encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

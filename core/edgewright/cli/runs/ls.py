"""``edgewright runs ls``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from edgewright.cli.amounts import duration, number
from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option
from edgewright.errors import UsageError

DEFAULT = Path("runs")


@click.command("ls", epilog=examples("edgewright runs ls", "edgewright runs ls experiments/ --json"))
@click.argument("folder", type=click.Path(path_type=Path), default=DEFAULT)
@json_option
def command(folder: Path, as_json: bool) -> None:
    """List the runs in FOLDER (default: runs), the latest first."""
    console = Console(as_json)
    if folder != DEFAULT and not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder", hint="give the folder that holds the runs")
    found = []
    for path in sorted(folder.glob("*/run.json")):
        if path.parent.is_symlink():  # `latest` is one of the others
            continue
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            found.append(_entry(path.parent, record))
        except (OSError, ValueError, KeyError, TypeError) as error:
            console.note(f"warning: {path}: not a record that can be read: {error}", fg="yellow")
    found.sort(key=lambda entry: str(entry["started"]), reverse=True)
    if not found:
        console.print(f"no runs in {folder}")
    else:
        console.table(
            ["run", "name", "status", "started", "took", "ran", "stored", "AUROC"],
            [
                [
                    entry["run"],
                    entry["name"],
                    entry["status"],
                    str(entry["started"])[:19].replace("T", " "),
                    duration(entry["seconds"]),
                    entry["ran"],
                    entry["hit"],
                    number(entry["auroc"]),
                ]
                for entry in found
            ],
        )
    console.document(found)


def _entry(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    states = [task["status"] for task in record.get("tasks", [])]
    return {
        "run": str(folder),
        "name": record["name"],
        "status": record["status"],
        "started": record["started"],
        "seconds": record.get("seconds"),
        "runner": record.get("runner"),
        "ran": states.count("ran"),
        "hit": states.count("hit"),
        "failed": states.count("failed"),
        "auroc": _auroc(folder, record),
    }


def _auroc(folder: Path, record: dict[str, Any]) -> float | None:
    """Of the first learning node that has one."""
    for node in record.get("nodes", []):
        path = folder / "outputs" / node["id"] / "metrics.json"
        if node["type"] == "learning" and path.is_file():
            windows = json.loads(path.read_text(encoding="utf-8")).get("windows") or {}
            value = windows.get("auroc")
            return None if value is None else float(value)
    return None

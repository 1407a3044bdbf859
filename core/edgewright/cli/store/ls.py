"""``edgewright store ls``."""

from __future__ import annotations

import time
from dataclasses import asdict

import click

from edgewright.cli.amounts import age, size
from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option


@click.command(epilog=examples("edgewright store ls", "edgewright store ls --json"))
@json_option
def command(as_json: bool) -> None:
    """List what is stored: the largest first."""
    from edgewright.store import Store

    console = Console(as_json)
    store = Store(None)
    entries = sorted(store.ls(), key=lambda entry: -entry.bytes)
    now = time.time()
    rows = [
        [
            entry.key[:12],
            size(entry.bytes),
            age(now - entry.used),
            entry.meta.get("task", ""),
            f"damaged: {entry.damaged}" if entry.damaged else ", ".join(entry.outputs),
        ]
        for entry in entries
    ]
    if rows:
        console.table(["key", "size", "used", "task", "outputs"], rows)
    console.print(f"{len(entries)} results, {size(sum(entry.bytes for entry in entries))}, in {store.root}")
    console.document({"root": str(store.root), "entries": [asdict(entry) for entry in entries]})

"""``edgewright doctor``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(epilog=examples("edgewright doctor", "edgewright doctor --json"))
@json_option
@click.pass_obj
def command(state: State, as_json: bool) -> int:
    """Say what is present here, what it is good for, and how to get what is missing.

    Exit code 1 if something is missing without which nothing works.
    """
    from edgewright.doctor import examine

    console = Console(as_json)
    findings = []
    for finding in examine(state.plugins):
        findings.append(finding)
        mark, colour = ("ok", "green") if finding.present else ("--", "yellow")
        if finding.needed and not finding.present:
            mark, colour = "!!", "red"
        console.print(f"{mark}  {finding.name:<16} {finding.detail}", fg=colour)
        if not finding.present:
            console.print(f"      for: {finding.purpose}")
            if finding.remedy:
                console.print(f"      get it: {finding.remedy}")
    broken = [finding.name for finding in findings if finding.needed and not finding.present]
    console.document({"ok": not broken, "findings": [asdict(finding) for finding in findings]})
    return 1 if broken else 0

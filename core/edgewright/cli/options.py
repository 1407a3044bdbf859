"""Options that several commands share: worded once, so that they mean the same everywhere."""

from __future__ import annotations

import click

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on stdout, and nothing else there."
)

runner_option = click.option(
    "--runner", default="auto", show_default=True, help="How tasks are isolated: auto, docker or process."
)

trust_option = click.option(
    "--trust", is_flag=True, help="Let blocks that are not built in run without isolation."
)

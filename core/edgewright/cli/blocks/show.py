"""``edgewright blocks show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import BlockReference, block_argument, json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State
    from edgewright_specs.block_file import Parameter


@click.command(
    epilog=examples("edgewright blocks show spectral_analysis", "edgewright blocks show ./my_block --json")
)
@block_argument
@json_option
@click.pass_obj
def command(state: State, block: BlockReference, as_json: bool) -> None:
    """Show what a block is and what it takes: parameters, defaults, ranges, and when each applies."""
    from edgewright.registry.environment import process_environment
    from edgewright.runners.grants import asked_of

    console = Console(as_json)
    found = block.resolve(state.plugins)
    spec = found.spec
    console.print(f"{found.name} · {found.type}", bold=True)
    if spec.title not in ("", found.name):
        console.print(spec.title)
    if spec.description:
        console.print(spec.description)
    console.print()
    group = ""
    for parameter in spec.parameters:
        if parameter.group and parameter.group != group:
            group = parameter.group
            console.print(f"  {group}", bold=True)
        console.print(
            f"    {parameter.key:<24} {_default(spec.defaults[parameter.key])}  ({_allowed(parameter)})"
        )
        if parameter.help:
            console.print(f"      {parameter.help}")
        if parameter.show_if is not None:
            sign = "=" if parameter.show_if.operator == "eq" else "≠"
            console.print(
                f"      applies when {parameter.show_if.parameter} {sign} {parameter.show_if.value}"
            )
    if not spec.parameters:
        console.print("  no parameters")
    console.print()
    asked = asked_of(found)
    if asked:
        console.print(f"  asks for     {', '.join(asked)}")
    console.print(f"  digest       {found.digest[:16]}")
    console.print(f"  folder       {found.folder}" if found.folder else f"  image        {found.image}")
    environment = "what its Dockerfile builds" if spec.legacy else ", ".join(process_environment(found))
    console.print(f"  environment  {environment}")
    console.document(
        {
            "name": found.name,
            "type": found.type,
            "title": spec.title,
            "description": spec.description,
            "folder": str(found.folder) if found.folder else None,
            "image": found.image,
            "builtin": found.builtin,
            "legacy": spec.legacy,
            "digest": found.digest,
            "environment": process_environment(found),
            "asks_for": asked,
            "parameters": [
                {
                    **parameter.model_dump(by_alias=True, exclude_defaults=True, mode="json"),
                    "param": parameter.key,
                    "value": spec.defaults[parameter.key],
                }
                for parameter in spec.parameters
            ],
        }
    )


def _default(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value != "" else '""'


def _allowed(parameter: Parameter) -> str:
    from edgewright_specs.values import describe

    return describe(parameter)

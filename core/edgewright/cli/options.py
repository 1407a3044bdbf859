"""Options that several commands share: worded once, so that they mean the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright.plugins import Plugins
    from edgewright.registry import Block

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on stdout, and nothing else there."
)

runner_option = click.option(
    "--runner", default="auto", show_default=True, help="How tasks are isolated: auto, docker or process."
)

trust_option = click.option(
    "--trust", is_flag=True, help="Let blocks that are not built in run without isolation."
)


@dataclass(frozen=True)
class BlockReference:
    """A block as the command line names it; :meth:`resolve` finds it."""

    text: str
    type: str | None
    operates_on: str | None

    def resolve(self, plugins: Plugins) -> Block:
        """Find the block, from the current folder."""
        from edgewright.registry import resolve

        return resolve(self.text, Path.cwd(), plugins, type=self.type, operates_on=self.operates_on)


def block_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument BLOCK and, for folders of Edge Impulse's that don't say what they are, --type and --operates-on.

    The command gets a :class:`BlockReference` as ``block``.
    """

    @wraps(command)
    def with_reference(
        *args: Any, block: str, block_type: str | None, operates_on: str | None, **others: Any
    ) -> Any:
        return command(*args, block=BlockReference(block, block_type, operates_on), **others)

    for add in (
        click.option(
            "--operates-on",
            metavar="WHAT",
            help="What an Edge Impulse block works on (file, directory, regression, …), where its file doesn't say so.",
        ),
        click.option(
            "--type",
            "block_type",
            metavar="TYPE",
            help="What an Edge Impulse block is (processing, learning, …), where its file doesn't say so.",
        ),
        click.argument("block"),
    ):
        with_reference = add(with_reference)
    return with_reference

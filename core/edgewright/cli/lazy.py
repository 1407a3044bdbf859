"""A click group whose commands are imported only when called: ``--help`` must not load numpy or docker."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(click.Group):
    """A group over an explicit table: name → (module that holds ``command``, one line for ``--help``)."""

    def __init__(self, *args: Any, commands_by_name: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands_by_name = commands_by_name

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in the order of the table."""
        return list(self.commands_by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command's module."""
        if cmd_name not in self.commands_by_name:
            return None
        found = import_module(self.commands_by_name[cmd_name][0]).command
        if not isinstance(found, click.Command):
            raise TypeError(f"{self.commands_by_name[cmd_name][0]}.command is no click command")
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; an unknown one is answered with those that look like it."""
        name = args[0] if args else ""
        if name not in self.commands_by_name and not name.startswith("-"):
            close = difflib.get_close_matches(name, list(self.commands_by_name), n=3, cutoff=0.5)
            hint = (
                f"did you mean {' or '.join(close)}?"
                if close
                else f"there are {', '.join(self.commands_by_name)}"
            )
            ctx.fail(f"no command {name!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table as it stands, importing nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_module, text) in self.commands_by_name.items()])


def examples(*lines: str) -> str:
    """Epilog of a command's ``--help``: each line as it would be typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)

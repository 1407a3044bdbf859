"""Options that several commands share: worded once, so that they mean the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgewright.plugins import Plugins
    from edgewright.registry import Block
    from edgewright.transforming.granting import Granted

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on stdout, and nothing else there."
)

runner_option = click.option(
    "--runner",
    default="auto",
    show_default=True,
    help="How tasks are isolated: auto, docker, bwrap or process.",
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


@dataclass(frozen=True)
class GrantWords:
    """What a block is granted, as the command line says it; :meth:`of` holds it against what the block asks for."""

    secrets: tuple[str, ...]
    mounts: tuple[str, ...]
    limits: tuple[str, ...]
    network: bool
    gpu: str | None
    writable_root: bool

    @property
    def given(self) -> bool:
        """Whether anything is granted at all."""
        return any((self.secrets, self.mounts, self.limits, self.network, self.gpu, self.writable_root))

    def of(self, block: Block, params: Mapping[str, Any]) -> Granted:
        """Limits and grants of the block's tasks."""
        from edgewright.transforming.granting import granted

        return granted(
            block,
            params,
            secrets=self.secrets,
            mounts=self.mounts,
            limits=self.limits,
            network=self.network,
            gpu=self.gpu,
            writable_root=self.writable_root,
        )


def grants_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what an impulse would say under ``grants``. The command gets :class:`GrantWords` as ``grants``."""

    @wraps(command)
    def with_grants(
        *args: Any,
        secrets: tuple[str, ...],
        mounts: tuple[str, ...],
        limits: tuple[str, ...],
        network: bool,
        gpu: str | None,
        writable_root: bool,
        **others: Any,
    ) -> Any:
        words = GrantWords(secrets, mounts, limits, network, gpu, writable_root)
        return command(*args, grants=words, **others)

    for add in (
        click.option("--writable-root", is_flag=True, help="Let the block write outside of its folders."),
        click.option("--gpu", metavar="N", help="GPUs that the block asks for: a number, or all."),
        click.option("--network", is_flag=True, help="Let the block use the network."),
        click.option(
            "--limit",
            "limits",
            multiple=True,
            metavar="NAME=N",
            help="A higher limit: seconds=7200, memory_mb=8000, …",
        ),
        click.option(
            "--mount",
            "mounts",
            multiple=True,
            metavar="NAME=DIR",
            help="A folder that the block asks for, read-only.",
        ),
        click.option(
            "--secret",
            "secrets",
            multiple=True,
            metavar="NAME=SOURCE",
            help="A secret that the block asks for: NAME=env:VARIABLE or NAME=file:PATH.",
        ),
    ):
        with_grants = add(with_grants)
    return with_grants

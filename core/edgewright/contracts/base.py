"""What a contract says of a task: what the block finds, which programs run, and what counts as its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.registry import Block
    from edgewright_specs.interface import Operation


#: A prologue for programs that write where they stand (into ``output/``, say): they start in a copy of the image's working
#: folder that is made of links, since the folder itself is read-only.
OWN_FOLDER: Final = (
    'here="$PWD"; work="$(mktemp -d)"; '
    'if [ "$here" != / ] && cp -as "$here/." "$work" 2>/dev/null; then cd "$work"; fi'
)


@dataclass(frozen=True)
class Part:
    """One program of a task.

    Attributes
    ----------
    argv : tuple of str or None
        The whole command; None keeps what the block's own Dockerfile starts (ENTRYPOINT and CMD).
    arguments : tuple of str
        Only without `argv`: they stand after the ENTRYPOINT, in the place of the CMD. Empty keeps the CMD.
    driver : bool
        Whether it is a program of the SDK rather than of the block: it runs in an image that holds nothing else.
    environment : mapping of str to str
        Variables beside those that every task has.
    sees_in, sees_out : bool
        Whether the task's folders are there for it.
    prologue : str
        Only without `argv`: shell text (POSIX) that comes first, in the shell that then becomes the program.
    """

    argv: tuple[str, ...] | None = None
    arguments: tuple[str, ...] = ()
    driver: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    sees_in: bool = True
    sees_out: bool = True
    prologue: str = ""


@dataclass(frozen=True)
class Launch:
    """What a task starts.

    ``main`` decides how the task ends. ``service`` is started before it, shares its loopback network and nothing else,
    and is ended after it. ``hosts`` are names that mean the loopback address to both.
    """

    main: Part
    service: Part | None = None
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """Places as a task's programs see them under one runner."""

    block_dir: str
    in_dir: str
    out_dir: str
    python: str
    port: int  # free on the loopback address that the task's programs share
    pipes: str | None = None  # folder of the named pipes that a warm block is spoken to by; None: stdin


class Contract(Protocol):
    """One way to speak to blocks. Stateless; every method is a pure function of its arguments and files."""

    name: str

    def places(self, operation: Operation) -> tuple[str, str]:
        """Where a container has the task's input folder and its output folder."""

    def refusal(self, block: Block, operation: Operation) -> str | None:
        """Say why this block can't do this operation; None where it can."""

    def has_service(self, block: Block, operation: Operation) -> bool:
        """Whether :meth:`launch` will name a service."""

    def enter(self, block: Block, request: Mapping[str, Any], request_dir: Path, made: Path) -> Path:
        """Return the folder that the block is to see as its input.

        Parameters
        ----------
        request, request_dir
            The task as the file contract says it: ``request.json``, read, and the folder with what it names.
        made
            Where a folder may be made, if the block is to see another one than `request_dir`.
        """

    def launch(self, block: Block, request: Mapping[str, Any], seen: Seen) -> Launch:
        """Return the programs of the task."""

    def whole_folder(self, operation: Operation) -> str | None:
        """Name the output that the whole output folder is; None where ``result.json`` says what there is."""

    def check(self, block: Block, operation: Operation, folder: Path) -> tuple[str, ...]:
        """Check a harvested :meth:`whole_folder`; return warnings.

        Raises
        ------
        edgewright.harvest.HarvestError
            ``bad_output``: what the contract asks for is not there.
        """

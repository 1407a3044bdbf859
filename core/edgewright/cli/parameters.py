"""``-p name=value`` and ``--params FILE``: parameters of a block on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from edgewright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgewright_specs.parameters import BlockSpec

F = TypeVar("F", bound="Callable[..., Any]")


def params_options(function: F) -> F:
    """Add ``-p/--param`` and ``--params`` to a command."""
    function = click.option(
        "--params",
        "params_file",
        type=click.Path(path_type=Path),
        metavar="P.json",
        help="JSON file with parameters; -p wins over it.",
    )(function)
    return click.option(
        "-p",
        "--param",
        "pairs",
        multiple=True,
        metavar="NAME=VALUE",
        help="A parameter that differs from its default; may be given again.",
    )(function)


def read_params(spec: BlockSpec, pairs: Sequence[str], params_file: Path | None) -> dict[str, Any]:
    """Put both together; the spec decides what type the text of a pair has.

    Raises
    ------
    UsageError
        A pair without ``=``, or a file that holds no JSON object.
    edgewright_specs.problems.SpecError
        A name or value that the block doesn't take.
    """
    from edgewright_specs.parameters import parse_params

    texts: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"-p {pair!r}: no name=value", hint="for example: -p fft-length=64")
        texts[_key(name)] = value
    given = {} if params_file is None else _read_file(params_file)
    typed = parse_params(spec, texts)
    return {**{name: value for name, value in given.items() if _key(name) not in typed}, **typed}


def _read_file(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: not a JSON file that can be read: {error}") from None
    if not isinstance(document, dict):
        raise UsageError(f"{path}: holds {type(document).__name__}; allowed: an object, name → value")
    return document


def _key(name: str) -> str:
    return name.strip().replace("_", "-")

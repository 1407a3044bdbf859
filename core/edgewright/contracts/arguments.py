"""Parameters as Edge Impulse hands them to a block: command line, environment, request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright_specs.block_file import Parameter
    from edgewright_specs.parameters import BlockSpec


def command_line(spec: BlockSpec, params: Mapping[str, Any]) -> list[str]:
    """Return the flags of a block that is started by a command line.

    Parameters
    ----------
    spec : BlockSpec
    params : mapping
        Complete and typed, by key with dashes.

    Returns
    -------
    list of str
        ``--param value`` for each parameter that applies and is set: a boolean as ``1`` or ``0``, a flag alone when
        true, a line break in a string as the two characters ``\\n``. The names are those of the file, not changed.
        Secrets are not there: they are environment variables.
    """
    from edgewright_specs.parameters import visible_parameters

    visible = visible_parameters(spec, params)
    words: list[str] = []
    for parameter in spec.parameters:
        value = params.get(parameter.key)
        if parameter.type == "secret" or value is None or parameter.key not in visible:
            continue
        if parameter.type == "flag":
            words += [f"--{parameter.param}"] if value else []
        else:
            words += [f"--{parameter.param}", _text(parameter, value)]
    return words


def request_params(spec: BlockSpec, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``params`` of a processing block's HTTP request: every parameter, underscores in the names.

    A parameter that is not set is null; hidden ones are sent with their defaults, since the blocks' functions take
    each by name.
    """
    return {
        parameter.param.replace("-", "_"): params.get(parameter.key)
        for parameter in spec.parameters
        if parameter.type != "secret"
    }


def _text(parameter: Parameter, value: Any) -> str:
    if parameter.type == "boolean":
        return "1" if value else "0"
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value).replace("\n", "\\n")

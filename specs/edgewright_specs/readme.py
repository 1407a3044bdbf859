"""The parameter table of a block's README, generated from its ``parameters.json``.

It stands between two marker lines; everything else in a README is written by hand.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from edgewright_specs.values import as_text

if TYPE_CHECKING:
    from edgewright_specs.block_file import Parameter
    from edgewright_specs.parameters import BlockSpec

README_FILE: Final = "README.md"
BEGIN: Final = "<!-- parameters: generated from parameters.json by edgewright blocks readme -->"
END: Final = "<!-- end of parameters -->"
_TABLE: Final = re.compile(r"<!-- parameters:[^\n]*-->\n.*?" + re.escape(END), re.DOTALL)
_KINDS: Final = {
    "int": "integer",
    "float": "number",
    "boolean": "true, false",
    "flag": "true, false",
    "list": "list of texts",
    "string": "text",
}


def parameter_table(spec: BlockSpec) -> str:
    """Render the parameters of a block as a Markdown table; those that are never shown are left out."""
    rows = ["| parameter | default | allowed | meaning |", "|---|---|---|---|"]
    for parameter in spec.parameters:
        if parameter.show_for_implementation_version == []:
            continue
        default = "" if parameter.type == "secret" else f"`{json.dumps(parameter.value, ensure_ascii=False)}`"
        cells = [f"`{parameter.param}`", default, _allowed(parameter), parameter.help]
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(rows) if len(rows) > 2 else "It takes no parameters."


def has_table(readme: str) -> bool:
    """Whether a README holds the two marker lines."""
    return _TABLE.search(readme) is not None


def with_table(readme: str, spec: BlockSpec) -> str:
    """Return a README with its table renewed, or put at its end where it had none."""
    table = f"{BEGIN}\n{parameter_table(spec)}\n{END}"
    if has_table(readme):
        return _TABLE.sub(lambda _found: table, readme, count=1)
    return f"{readme.rstrip()}\n\n## Parameters\n\n{table}\n".lstrip()


def _allowed(parameter: Parameter) -> str:
    words = [as_text(option) for option in parameter.options]
    if parameter.type == "select":
        return ", ".join(words)
    kind = _KINDS.get(parameter.type, parameter.type)
    if parameter.min is not None or parameter.max is not None:
        lowest, highest = (
            "" if limit is None else as_text(limit) for limit in (parameter.min, parameter.max)
        )
        kind += f" {lowest}…{highest}"
    return ", ".join([kind, *words])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

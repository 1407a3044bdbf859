"""Text files of a package from templates: ``@key@`` is replaced, everything else stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_MARK = re.compile(r"@([a-zA-Z_]+)@")


def fill(template: Path, values: Mapping[str, str]) -> str:
    """Read a template and fill it in.

    Raises
    ------
    KeyError
        For a mark that ``values`` doesn't have.
    """
    return _MARK.sub(lambda match: values[match.group(1)], template.read_text(encoding="utf-8"))

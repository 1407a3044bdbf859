"""Text files of a package from templates: ``@key@`` is replaced, everything else stays as it is."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = Path(__file__).resolve().parent / "text"

_MARK = re.compile(r"@([a-zA-Z_]+)@")


def fill(template: Path | str, **values: object) -> str:
    """Read a template and fill it in; a name alone is a file of this package's ``text/``.

    Raises
    ------
    KeyError
        For a mark that ``values`` doesn't have.
    """
    text = (TEXT / template).read_text(encoding="utf-8")  # an absolute path stays what it is
    return _MARK.sub(lambda match: str(values[match.group(1)]), text)

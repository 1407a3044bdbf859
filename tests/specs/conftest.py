"""Files to load, written where a test can read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic
import pytest

#: Generated files are compared only where they were made: an older pydantic words the same schema otherwise.
WORDS_SCHEMAS_OTHERWISE = tuple(map(int, pydantic.VERSION.split(".")[:2])) < (2, 12)

WriteBlock = Callable[..., Path]


def item(param: str, kind: str, value: Any = ..., **more: Any) -> dict[str, Any]:
    """One parameter item; no ``value`` key unless one is given."""
    made: dict[str, Any] = {"param": param, "type": kind, **more}
    return made if value is ... else {**made, "value": value}


def block(*parameters: Any, kind: str = "processing", **section: Any) -> dict[str, Any]:
    """A ``parameters.json`` of ours."""
    return {
        "version": 1,
        "type": kind,
        "parameters": list(parameters),
        "edgewright": {"contract": 1, **section},
    }


@pytest.fixture
def write_block(tmp_path: Path) -> WriteBlock:
    """Write ``parameters.json`` (text, bytes or a value) into a folder of that name."""

    def write(content: Any, folder: str = "some_block") -> Path:
        made = tmp_path / folder
        made.mkdir(exist_ok=True)
        data = content if isinstance(content, (bytes, str)) else json.dumps(content, indent=1)
        (made / "parameters.json").write_bytes(data if isinstance(data, bytes) else data.encode())
        return made

    return write

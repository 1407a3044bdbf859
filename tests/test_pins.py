"""What `make install` installs is pinned, so that a clone installs the same versions next year."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOT_INSTALLED_BY_MAKE = {"vision", "all"}


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [line.split("==") for line in lines if line and not line.startswith("#")]
    return dict(found)


def requirements() -> set[str]:
    if sys.version_info < (3, 11):
        tomllib = pytest.importorskip("tomli")
    else:
        import tomllib
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    listed = [*project["dependencies"]]
    listed += [line for extra in extras.keys() - NOT_INSTALLED_BY_MAKE for line in extras[extra]]
    return {re.split(r"[<>=!~;\[ ]", line)[0].lower() for line in listed}


def test_every_requirement_has_one_pin() -> None:
    images, rest = pins("constraints.txt"), pins("constraints-venv.txt")
    assert not images.keys() & rest.keys()
    assert requirements() <= images.keys() | rest.keys()

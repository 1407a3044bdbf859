"""What `make install` installs is pinned, so that a clone installs the same versions next year."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def test_what_requirements_require_is_pinned_too() -> None:
    waiting, seen = [Requirement(name) for name in requirements()], set()
    while waiting:
        wanted = waiting.pop()
        extras = wanted.extras or {""}
        if (wanted.name, *sorted(extras)) in seen:
            continue
        seen.add((wanted.name, *sorted(extras)))
        try:
            listed = map(Requirement, metadata.requires(wanted.name) or ())
        except metadata.PackageNotFoundError:
            continue  # an extra that this environment goes without
        waiting += [
            further
            for further in listed
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras)
        ]
    pinned = {canonicalize_name(name) for name in pins("constraints.txt") | pins("constraints-venv.txt")}
    found = {canonicalize_name(name) for name, *_ in seen}
    # PyPI's torch for Linux brings CUDA, in versions that torch itself pins.
    assert {name for name in found if not name.startswith(("nvidia-", "cuda-", "triton"))} <= pinned

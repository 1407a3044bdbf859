"""Importing is cheap, and what is public is what is listed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import edgewright


def test_import_is_light(environment):
    program = (
        "import sys, edgewright; "
        "print([m for m in ('numpy', 'scipy', 'sklearn', 'torch', 'docker', 'pydantic', 'click', 'pluggy', 'rich') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "[]"


def test_everything_public_can_be_reached():
    assert sorted(edgewright.__all__) == ["EdgewrightError", "Impulse", "Run", "__version__", "open_block"]
    for name in edgewright.__all__:
        assert getattr(edgewright, name) is not None
    assert dir(edgewright) == sorted(edgewright.__all__)


def test_what_is_not_public_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        edgewright.nonsense  # noqa: B018


def test_the_version_is_that_of_the_distribution(cli):
    from importlib.metadata import version

    assert edgewright.__version__ == version("edgewright")
    assert edgewright.__version__ in cli("--version").out

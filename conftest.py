"""What tests anywhere in the tree share: the engine and the browser, which CI must have and others may."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest


def _missing(what: str, variable: str, why: str) -> None:
    """Skip, saying so; fail where ``variable`` says that nothing may be missing."""
    if os.environ.get(variable, "") not in ("", "0"):
        pytest.fail(f"{variable} is set, but there is no {what}: {why}")
    pytest.skip(f"needs {what}: {why}")


@pytest.fixture(scope="session")
def engine() -> Any:
    """A container engine that answers."""
    from edgewright.images.engine import connect, why_unreachable

    why = why_unreachable()
    if why:
        _missing("a container engine", "EDGEWRIGHT_REQUIRE_ENGINE", why)
    return connect()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    _missing("Chromium", "EDGEWRIGHT_REQUIRE_BROWSER", "none on PATH")
    raise AssertionError

"""What tests anywhere in the tree share: the engine and the browser, which CI must have and others may."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# As in a task: threads that wait for a busy machine's cores spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples every time, however busy the machine is.
settings.register_profile("edgewright", derandomize=True, deadline=None, database=None)
settings.load_profile("edgewright")

BROWSER_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip


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
def npm() -> str:
    """Path of npm."""
    path = shutil.which("npm")
    if path is None:
        _missing("npm", "EDGEWRIGHT_REQUIRE_BROWSER", "none on PATH")
        raise AssertionError
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    _missing("Chromium", "EDGEWRIGHT_REQUIRE_BROWSER", "none on PATH")
    raise AssertionError


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """A Chromium that runs, driven by playwright."""
    try:
        from playwright import sync_api
    except ImportError as error:
        _missing("playwright", "EDGEWRIGHT_REQUIRE_BROWSER", str(error))
        raise
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        yield running
        running.close()

"""What is present on this machine, what it is good for, and how to get what is missing."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgewright.plugins import Plugins

#: Python packages that are not always there: what needs them, and the extra that brings them.
EXTRAS = {
    "ziglang": ("a C++ and WASM compiler in one wheel, for `deploy`", "deploy"),
    "wasmtime": ("runs WASM self-tests", "deploy"),
    "torch": ("visual anomaly blocks", "vision"),
    "onnx": ("interchange of neural networks", "vision"),
    "onnxruntime": ("reference for neural networks", "vision"),
}

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Finding:
    """One thing looked for. ``needed``: without it nothing works; everything else opens up more."""

    name: str
    present: bool
    detail: str
    purpose: str
    remedy: str = ""
    needed: bool = False


def examine(plugins: Plugins) -> Iterator[Finding]:
    """Look for everything that Edgewright can use, quickest first; never raises for what is missing."""
    yield _python()
    yield from _runners(plugins)
    yield from _compilers()
    yield _program("node", ("node",), "runs WASM packages", "apt install nodejs, or https://nodejs.org")
    yield _program("chromium", CHROMIUM, "browser tests of reports and WASM packages", "apt install chromium")
    for package, (purpose, extra) in EXTRAS.items():
        yield _package(package, purpose, extra)
    yield _store()


def _python() -> Finding:
    right = sys.version_info >= (3, 10)
    detail = f"{platform.python_version()} at {sys.executable}, {platform.machine()}"
    return Finding("python", right, detail, "everything", "Python 3.10 to 3.13", needed=True)


def _runners(plugins: Plugins) -> Iterator[Finding]:
    remedies = {
        "docker": "install Docker (https://docs.docker.com/engine/install/) or podman, start it, and let this "
        "user reach its socket; DOCKER_HOST may name another one",
        "bwrap": "apt install bubblewrap",
    }
    purposes = {
        "docker": "every block in a container of its own",
        "bwrap": "every block in a sandbox of its own, without a daemon",
        "process": "built-in blocks, and development: no isolation",
    }
    for name, runner in plugins.runners().items():
        try:
            why_not = runner.available()
        except Exception as error:  # a plugin's runner must not end the examination
            why_not = f"{type(error).__name__}: {error}"
        yield Finding(
            f"runner {name}",
            why_not is None,
            why_not or "answers",
            purposes.get(name, "isolates tasks"),
            remedies.get(name, ""),
        )


def _compilers() -> Iterator[Finding]:
    for name, package in (("g++", "g++"), ("clang++", "clang")):
        yield _program(name, (name,), "compiles C++ packages for this machine", f"apt install {package}")
    yield _program("cmake", ("cmake",), "builds a C++ package as its users do", "apt install cmake")


def _program(name: str, candidates: tuple[str, ...], purpose: str, remedy: str) -> Finding:
    for candidate in candidates:
        path = shutil.which(candidate)
        if path:
            return Finding(name, True, f"{_version(path)} at {path}", purpose)
    return Finding(name, False, "not on PATH", purpose, remedy)


def _version(path: str) -> str:
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=5, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not answer ({type(error).__name__})"
    lines = answer.stdout.strip().splitlines()
    return lines[0][:80] if lines else "present"


def _package(package: str, purpose: str, extra: str) -> Finding:
    if find_spec(package) is None:
        return Finding(package, False, "not installed", purpose, f"pip install 'edgewright[{extra}]'")
    try:
        version = metadata.version(package)
    except metadata.PackageNotFoundError:
        version = "present"
    return Finding(package, True, version, purpose)


def _store() -> Finding:
    from edgewright.store import Store

    purpose, remedy = "results of tasks", "set EDGEWRIGHT_STORE to a folder that can be written"
    try:
        root = Path(Store(None).root)
        free = shutil.disk_usage(_existing(root)).free
    except Exception as error:  # whatever is wrong with it is the finding
        return Finding("store", False, f"{type(error).__name__}: {error}", purpose, remedy, needed=True)
    return Finding("store", True, f"{root}, {free / 2**30:.1f} GiB free", purpose, needed=True)


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path

"""The demo: the motion example, copied to a folder of the user's with its data fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = ("impulse.yaml", "fetch.py", "README.md")


def source() -> Path:
    """Folder of the motion example: in the installed package, or in a source checkout."""
    inside = Path(__file__).parent / "motion"
    return inside if inside.is_dir() else Path(__file__).resolve().parents[3] / "examples" / "motion"


def prepare(folder: Path, tell: Callable[[str], None]) -> Path:
    """Copy the example into ``folder``, fetch its recordings there, and return its ``impulse.yaml``.

    Raises
    ------
    DataError
        The recordings can't be fetched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if not (folder / name).exists():
            shutil.copyfile(source() / name, folder / name)
    if not (folder / "data").is_dir():
        tell("fetching the recordings (BasicMotions, from the PyPI package aeon, 6 MB)")
        done = subprocess.run(
            [sys.executable, str(folder / "fetch.py")], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise DataError(
                f"the recordings can't be fetched: {done.stderr.strip() or done.returncode}",
                hint="the demo needs PyPI once; try again when it answers",
            )
    return folder / "impulse.yaml"


def has_desktop() -> bool:
    """Whether opening a page can be expected to show it to somebody."""
    if not sys.stdout.isatty():
        return False
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

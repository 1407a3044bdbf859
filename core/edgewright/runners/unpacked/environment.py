"""The virtual environment of a block that brings its own requirements: made once and shared by all that want the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright import trees
from edgewright.errors import RunnerUnavailableError
from edgewright.images.engine import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgewright.runners.unpacked.plan import Install

#: Written last: an environment without it was never finished.
READY: Final = "edgewright.json"
KEY_LENGTH: Final = 16
TAIL_LINES: Final = 12
LONGEST_LINE: Final = 200
_LIST: Final = (
    "import json, platform, sys; from importlib import metadata; "
    "print(json.dumps(sorted({f\"{d.metadata['Name'].lower().replace('_', '-')}=={d.version}\" for d in metadata.distributions()}) "
    "+ [f'python=={platform.python_version()}', f'arch=={platform.machine()}']))"
)


@dataclass(frozen=True)
class Environment:
    """A virtual environment: its folder and what is installed there."""

    folder: Path
    packages: tuple[str, ...]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python3"


def interpreter(version: str | None) -> str:
    """Path of a Python of that version, as ``3.9``, if this machine has one; else of ours."""
    if version is not None and version != f"{sys.version_info.major}.{sys.version_info.minor}":
        found = shutil.which(f"python{version}")
        # A name on the path may be a version manager's that has none behind it, or one without venv.
        words = [found or "", "-c", "import ensurepip, venv"]
        if found is not None and subprocess.run(words, capture_output=True, check=False).returncode == 0:
            return found
    return sys.executable


def make_environment(
    python: str, installs: Sequence[Install], root: Path, tell: Callable[[str], None]
) -> Environment:
    """Return an environment with what these commands install, made if it isn't there.

    Parameters
    ----------
    python : str
        The interpreter to make it of.
    installs : sequence of Install
        Carried out one after another.
    root : Path
        Where the image's files lie: relative paths in a command start in its working folder there.

    Raises
    ------
    RunnerUnavailableError
        It can't be made; the message ends with the last lines of what failed.
    """
    key = _key(python, installs, root)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "edgewright" / "environments" / key
    with locked(f"environment {key}"):
        if not (folder / READY).is_file():
            trees.remove_tree(folder)
            folder.parent.mkdir(parents=True, exist_ok=True)
            tell(f"making a virtual environment in {folder}")
            bare = [] if installs else ["--without-pip"]  # which is most of the time that it takes
            _run([python, "-m", "venv", *bare, os.fspath(folder)], Path.cwd(), tell)
            inner = os.fspath(folder / "bin" / "python3")
            for install in installs:
                where = root / install.workdir.lstrip("/")
                where.mkdir(parents=True, exist_ok=True)
                tell(f"pip install {' '.join(install.words)}")
                _run([inner, "-m", "pip", "install", *_placed(install.words, root)], where, tell)
            packages = _run([inner, "-c", _LIST], folder, lambda _line: None)
            (folder / READY).write_text(packages, encoding="utf-8")
        return Environment(folder, tuple(json.loads((folder / READY).read_text(encoding="utf-8"))))


def _placed(words: Sequence[str], root: Path) -> list[str]:
    """Words of a command with absolute paths of the image as they are here."""
    return [
        os.fspath(root / word[1:]) if word.startswith("/") and (root / word[1:]).exists() else word
        for word in words
    ]


def _key(python: str, installs: Sequence[Install], root: Path) -> str:
    """Digest of the interpreter, the commands, and the files that they name."""
    digest = hashlib.sha256(b"edgewright environment 1\n")
    version = subprocess.run([python, "-VV"], capture_output=True, check=False).stdout
    digest.update(os.path.realpath(python).encode() + version)
    for install in installs:
        digest.update(json.dumps([install.words, install.workdir]).encode())
        where = root / install.workdir.lstrip("/")
        for word in _placed(install.words, root):
            path = where / word.partition("[")[0]
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
            for file in files:
                if file.is_file():
                    digest.update(file.read_bytes())
    return digest.hexdigest()[:KEY_LENGTH]


def _run(words: list[str], cwd: Path, tell: Callable[[str], None]) -> str:
    """Run one command, telling each line; return all that it printed."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON")
        and name not in ("VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER")
    }
    clean["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    lines: list[str] = []
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with subprocess.Popen(
        words, cwd=cwd, env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            lines.append(line)
            tail.append(line)
            tell(line)
    if process.returncode != 0:
        shown = "\n".join(f"  {line[:LONGEST_LINE]}" for line in tail)
        raise RunnerUnavailableError(
            f"a block's virtual environment can't be made: `{' '.join(words[1:])[:200]}` failed:\n{shown}",
            hint="use --runner docker, which builds the block as its Dockerfile says",
        )
    return "\n".join(lines)

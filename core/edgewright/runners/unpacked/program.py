"""A block's own program, laid out in a folder of a task: its files where the Dockerfile puts them, its variables, its command."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright import trees
from edgewright.errors import RunnerUnavailableError, TaskError
from edgewright.images.context import block_dockerfile, context_files
from edgewright.registry.digest import DOCKERFILE
from edgewright.runners.unpacked.environment import Environment, interpreter, make_environment
from edgewright.runners.unpacked.plan import Copy, Install, read_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edgewright.registry import Block
    from edgewright.runners.unpacked.plan import Plan

_PYTHON: Final = re.compile(r"(?:/usr(?:/local)?/bin/)?python(?:3(?:\.\d+)?)?$")


@dataclass(frozen=True)
class Program:
    """What a block's image would start, ready to be laid out.

    Attributes
    ----------
    plan : Plan
        Of its Dockerfile.
    environment : Environment
        Where its requirements are installed.
    files : dict of str to Path
        Files of its folder that a build would see.
    warnings : tuple of str
        What of its Dockerfile could not be done.
    """

    plan: Plan
    environment: Environment
    files: dict[str, Path]
    warnings: tuple[str, ...] = ()

    def lay_out(self, root: Path) -> None:
        """Put its files into a folder that stands for the root of an image."""
        lay_out(self.plan, self.files, root)

    def command(self, arguments: tuple[str, ...], root: Path) -> list[str]:
        """ENTRYPOINT, then `arguments` or the CMD; paths in the image as they are below `root`."""
        own = self.plan.entrypoint
        words = [self._here(word, root) for word in own]
        words += arguments or [self._here(word, root) for word in self.plan.command]
        if _PYTHON.match(own[0] if own else (words[0] if words else "")):
            words[0] = os.fspath(self.environment.python)
        return words

    def variables(self, root: Path, path: str) -> dict[str, str]:
        """Variables of the Dockerfile; programs of the environment come first on the path."""
        found = {
            name: self._here(value, root) for name, value in self.plan.variables.items() if name != "PATH"
        }
        own = [
            part
            for part in self.plan.variables.get("PATH", "").split(":")
            if (root / part.lstrip("/")).is_dir() and part
        ]
        places = [
            os.fspath(self.environment.folder / "bin"),
            *(os.fspath(root / part.lstrip("/")) for part in own),
            path,
        ]
        return {**found, "PATH": os.pathsep.join(places), "VIRTUAL_ENV": os.fspath(self.environment.folder)}

    def workdir(self, root: Path) -> Path:
        """Its working folder."""
        return root / self.plan.workdir.lstrip("/")

    def _here(self, text: str, root: Path) -> str:
        """A text with each absolute path that the image would have as it is below `root`."""

        def place(match: re.Match[str]) -> str:
            path = posixpath.normpath(match[0])
            here = root / path.lstrip("/")
            return os.fspath(here) if path != "/" and here.exists() else match[0]

        return re.sub(r"(?<![\w./:])/[\w.@+-]+(?:/[\w.@+-]+)*", place, text)


def prepare_program(block: Block, tell: Callable[[str], None]) -> Program:
    """Make a block of Edge Impulse's ready to be run without an image.

    Raises
    ------
    TaskError
        ``refused``: its Dockerfile doesn't say what to start, or copies what isn't there.
    RunnerUnavailableError
        Its requirements can't be installed.
    """
    assert block.folder is not None  # the process runner refuses bare images
    if not (block.folder / DOCKERFILE).is_file():
        raise _refused(block, f"it has no {DOCKERFILE}, which says what to start")
    plan = read_plan(block_dockerfile(block))
    if not plan.entrypoint and not plan.command:
        raise _refused(
            block,
            f"its {DOCKERFILE} has neither ENTRYPOINT nor CMD: its base image {plan.base} would say what to start",
        )
    files = context_files(block.folder, whole=True)
    python = interpreter(plan.python)
    scratch = Path(tempfile.mkdtemp(prefix="edgewright-"))
    try:
        missing = lay_out(plan, files, scratch)
        if missing:
            raise _refused(block, f"{DOCKERFILE}:{missing[0][1]}: there is no {missing[0][0]!r} to copy")
        installs = [step for step in plan.steps if isinstance(step, Install)]
        environment = make_environment(python, installs, scratch, tell)
    except RunnerUnavailableError as problem:
        ours = f"{sys.version_info.major}.{sys.version_info.minor}"
        if plan.python in (None, ours) or python != sys.executable:
            raise
        raise RunnerUnavailableError(
            problem.message,
            hint=f"it was written for Python {plan.python} and this is {ours}: have a python{plan.python} on the path, "
            "or use --runner docker",
        ) from None
    finally:
        trees.remove_tree(scratch)
    have = next((line[len("python==") :] for line in environment.packages if line.startswith("python==")), "")
    warnings = [f"without an image: {warning}" for warning in plan.warnings]
    if plan.python is not None and not have.startswith(f"{plan.python}."):
        warnings.append(f"its base image has Python {plan.python}, here it runs with {have}")
    return Program(plan, environment, files, tuple(warnings))


def lay_out(plan: Plan, files: dict[str, Path], root: Path) -> list[tuple[str, int]]:
    """Copy what the Dockerfile copies; return the sources that aren't there, with their lines."""
    missing: list[tuple[str, int]] = []
    for folder in plan.folders:
        (root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
    for step in plan.steps:
        if isinstance(step, Copy):
            for source in step.sources:
                found = list(_matches(source, files))
                if not found:
                    missing.append((source, step.line))
                many = len({name for name, _below in found}) > 1 or any(below for _name, below in found)
                for name, below in found:
                    target = root / step.destination.strip("/")
                    into = many or step.destination.endswith("/") or target.is_dir()
                    target = target / (below or posixpath.basename(name)) if into else target
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(files[name], target)
    return missing


def _matches(source: str, files: dict[str, Path]) -> Iterable[tuple[str, str]]:
    """Files that a source of a COPY names: each with its path below the folder named, empty for a file itself."""
    pattern = posixpath.normpath(source.lstrip("/") or ".")
    for name in files:
        if pattern == ".":
            yield name, name
            continue
        parts, wanted = name.split("/"), pattern.split("/")
        if len(parts) >= len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted)):
            yield name, "/".join(parts[len(wanted) :])


def _refused(block: Block, why: str) -> TaskError:
    return TaskError(
        block.name, "refused", f"without an image it can't be run: {why}", hint="use --runner docker"
    )

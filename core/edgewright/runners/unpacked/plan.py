"""From a Dockerfile to what can be done without an image, and what can't."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from edgewright.contracts.dockerfile import last_stage, pairs, read_stages, split, substituted, unquoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright.contracts.dockerfile import Instruction

#: Images that bring what this machine has too: a system and a Python.
PLAIN_IMAGES: Final = ("python", "debian", "ubuntu", "buildpack-deps", "scratch")
FRAMEWORK_IMAGES: Final = "edgewright/"
#: Commands of a RUN that change nothing a block computes with.
HARMLESS: Final = frozenset(
    ("apt", "apt-get", "apk", "yum", "dnf", "cd", "chmod", "chown", "echo", "export", "groupadd", "ln", "rm", "set", "true", "useradd", "adduser",
     "addgroup", "mkdir", "touch", "which", "locale-gen", "update-alternatives", "usermod", "test", "[")
)  # fmt: skip
#: What installs packages of the system, and the word after which it names them.
PACKAGERS: Final = {"apt": "install", "apt-get": "install", "apk": "add", "yum": "install", "dnf": "install"}
#: Packages that this machine has in its own way.
PRESENT: Final = frozenset(
    ("python3", "python3-pip", "python3-venv", "python3-dev", "python3-setuptools", "ca-certificates")
)
_PIP: Final = re.compile(r"pip(\d+(\.\d+)?)?$")
_PYTHON: Final = re.compile(r"python(\d+(\.\d+)?)?$")
_COMMANDS: Final = re.compile(r"&&|\|\||;|\n|(?<!\|)\|(?!\|)")
#: The installer itself: the virtual environment has one that fits its Python.
INSTALLERS: Final = ("pip", "wheel", "setuptools", "uv")


@dataclass(frozen=True)
class Copy:
    """Files of the block's folder, and where they go in the image. A destination that ends in ``/`` is a folder."""

    sources: tuple[str, ...]
    destination: str
    line: int


@dataclass(frozen=True)
class Install:
    """``pip install`` with these words, in a working folder of the image."""

    words: tuple[str, ...]
    workdir: str


@dataclass
class Plan:
    """What an image of the Dockerfile would hold and start."""

    base: str
    workdir: str = "/"
    variables: dict[str, str] = field(default_factory=dict)
    steps: list[Copy | Install] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def python(self) -> str | None:
        """Version of Python that the base image has by its tag, as ``3.9``."""
        name, _colon, tag = self.base.rpartition(":")
        match = re.match(r"(\d+\.\d+)", tag)
        return match[1] if match and name.rpartition("/")[2] == "python" else None


def read_plan(text: str) -> Plan:
    """Read a Dockerfile.

    Raises
    ------
    UsageError
        It isn't one.
    """
    base, instructions = last_stage(read_stages(text))
    plan = Plan(base)
    image = base.rpartition("/")[2].partition(":")[0].partition("@")[0]
    if image not in PLAIN_IMAGES and not base.startswith(FRAMEWORK_IMAGES):
        plan.warnings.append(f"what its base image {base} brings is not here")
    known: dict[str, str] = {"HOME": "/root", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    for instruction in instructions:
        take = _TAKE.get(instruction.name)
        if take is not None:
            take(plan, instruction, known)
    return plan


def _env(plan: Plan, instruction: Instruction, known: dict[str, str]) -> None:
    for name, value in pairs(substituted(instruction.text, known)):
        known[name] = plan.variables[name] = value


def _arg(_plan: Plan, instruction: Instruction, known: dict[str, str]) -> None:
    for name, value in pairs(substituted(instruction.text, known)):
        known.setdefault(name, value)


def _workdir(plan: Plan, instruction: Instruction, known: dict[str, str]) -> None:
    plan.workdir = posixpath.normpath(
        posixpath.join(plan.workdir, unquoted(substituted(instruction.text, known)))
    )
    plan.folders.append(plan.workdir)


def _copy(plan: Plan, instruction: Instruction, known: dict[str, str]) -> None:
    words = instruction.words or split(substituted(instruction.text, known))
    if instruction.flags.get("from"):
        plan.warnings.append(
            f"line {instruction.line}: what it copies from {instruction.flags['from']!r} is not here"
        )
        return
    if len(words) < 2:
        return
    *sources, target = words
    if instruction.text.startswith("<<"):
        plan.warnings.append(f"line {instruction.line}: the file that it writes is not here")
        return
    remote = [source for source in sources if "://" in source or source.startswith("git@")]
    if remote:
        plan.warnings.append(f"line {instruction.line}: {remote[0]} is not fetched")
        sources = [source for source in sources if source not in remote]
    folder = target.endswith("/") or target in (".", "..") or len(sources) > 1
    destination = posixpath.normpath(posixpath.join(plan.workdir, target)) + ("/" if folder else "")
    plan.steps.append(Copy(tuple(sources), destination, instruction.line))


def _run(plan: Plan, instruction: Instruction, known: dict[str, str]) -> None:
    words = instruction.words
    text = " ".join(words) if words is not None else instruction.text
    left_out: list[str] = []
    workdir = plan.workdir
    for command in _COMMANDS.split(_shell_text(text, known)):
        words = _command_words(command)
        if not words:
            continue
        name = posixpath.basename(words[0])
        installed = _pip_words(words)
        if installed is not None:
            if installed:
                plan.steps.append(Install(tuple(installed), workdir))
        elif name in PACKAGERS and (verb := PACKAGERS[name]) in words:
            packages = [word for word in words[words.index(verb) + 1 :] if not word.startswith("-")]
            left_out += [package for package in packages if package not in PRESENT]
        elif name == "cd" and len(words) > 1:
            workdir = posixpath.normpath(posixpath.join(workdir, words[1]))
        elif name == "mkdir":
            plan.folders += [posixpath.join(workdir, word) for word in words[1:] if not word.startswith("-")]
        elif name not in HARMLESS:
            left_out.append(f"`{' '.join(words)[:60]}`")
    if left_out:
        plan.warnings.append(f"line {instruction.line}: not done here: {', '.join(left_out)[:400]}")


def _shell_text(text: str, known: dict[str, str]) -> str:
    """Put in what the Dockerfile itself defines; a shell's own variables and commands stay."""
    return re.sub(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?", lambda match: known.get(match[1], match[0]), text)


def _command_words(command: str) -> list[str]:
    """Words of one shell command without variables set before it, redirections and a wrapper's flags."""
    words = [word for word in split(command.strip().strip("()")) if not re.match(r"\d?[<>]", word)]
    while words and (re.match(r"[A-Za-z_][A-Za-z0-9_]*=", words[0]) or words[0] in ("sudo", "exec", "time")):
        words = words[1:]
    return [word for word in words if not word.startswith("#")]


def _pip_words(words: list[str]) -> list[str] | None:
    """What ``pip install`` is given, without the installers themselves; None for another command."""
    name = posixpath.basename(words[0])
    if _PYTHON.match(name) and words[1:3] == ["-m", "pip"]:
        words = words[2:]
    elif name == "uv" and words[1:2] == ["pip"]:
        words = words[1:]
    elif not _PIP.match(name):
        return None
    if "install" not in words:
        return []
    given = [
        word
        for word in words[words.index("install") + 1 :]
        if word not in ("--system", "--user", "--break-system-packages")
    ]
    kept = [word for word in given if re.split(r"[=<>~!\[ ]", word, maxsplit=1)[0].lower() not in INSTALLERS]
    wanted = [
        word
        for word in kept
        if not word.startswith("-") or word.startswith(("-r", "--requirement", "-e", "--editable"))
    ]
    return kept if wanted else []


def _expose(plan: Plan, instruction: Instruction, known: dict[str, str]) -> None:
    for word in substituted(instruction.text, known).split():
        number, _slash, kind = word.partition("/")
        if number.isdecimal() and kind in ("", "tcp"):
            plan.ports.append(int(number))


def _shell_or_words(instruction: Instruction) -> list[str]:
    words = instruction.words
    return words if words is not None else ["/bin/sh", "-c", instruction.text]


def _entrypoint(plan: Plan, instruction: Instruction, known: dict[str, str]) -> None:  # noqa: ARG001
    plan.entrypoint = _shell_or_words(instruction)


def _cmd(plan: Plan, instruction: Instruction, known: dict[str, str]) -> None:  # noqa: ARG001
    plan.command = _shell_or_words(instruction)


_TAKE: Final[dict[str, Callable[[Plan, Instruction, dict[str, str]], None]]] = {
    "ENV": _env,
    "ARG": _arg,
    "WORKDIR": _workdir,
    "COPY": _copy,
    "ADD": _copy,
    "RUN": _run,
    "EXPOSE": _expose,
    "ENTRYPOINT": _entrypoint,
    "CMD": _cmd,
}

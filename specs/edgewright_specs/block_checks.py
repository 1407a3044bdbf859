"""What must hold within ``parameters.json`` beyond the shape of its fields."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from edgewright_specs.conditions import condition_problems
from edgewright_specs.interface import OPERATIONS
from edgewright_specs.problems import Problem, choices, escape_pointer, problem, suggestion
from edgewright_specs.values import MisfitError, as_text, convert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright_specs.block_file import BlockFile, EdgewrightSection, Parameter

_OURS: Final = re.compile(r"[a-z][a-z0-9_-]*\Z")
_LEGACY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
MAX_NAME: Final = 100
_OUTPUT: Final = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
#: Options of the engine that mean harm wherever an argument slips in front of the image's name.
_ENGINE_FLAGS: Final = {
    "rm", "privileged", "cap-add", "security-opt", "volumes-from", "env-file", "userns", "cgroup-parent", "entrypoint",
    "device-cgroup-rule", "cidfile",
}  # fmt: skip
#: Variables that change what a process loads or runs.
_LOADER: Final = re.compile(
    r"(LD_|DYLD_|PYTHON|DOCKER_|BASH_|GCONV_|GLIBC_|MALLOC_)\w*\Z"
    r"|(PATH|HOME|IFS|ENV|SHELL|TMPDIR|NODE_OPTIONS|NODE_PATH|PERL5LIB|PERL5OPT|RUBYOPT|RUBYLIB|JAVA_TOOL_OPTIONS)\Z"
)
_MOUNT_PATH: Final = re.compile(r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+\Z")
#: What stands at the top of a container that no mount may cover: the task's folders, the block's, the system's.
_TAKEN: Final = {
    "in", "out", "tmp", "block", "run", "proc", "sys", "dev", "etc", "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32",
    "opt", "var", "boot", "root",
}  # fmt: skip
_LEGACY_ONLY: Final = {"bucket", "dataset", "project", "secret"}


def block_problems(file: BlockFile, block_type: str, *, legacy: bool) -> tuple[dict[str, Any], list[Problem]]:
    """Check names, defaults, bounds, options, conditions and our own section; ``block_type`` may be "" for unknown.

    Returns
    -------
    tuple
        The typed defaults by key, and all problems; for a legacy file what its contract tolerates is a warning.
    """
    located = file.flat
    problems = _name_problems(located, legacy=legacy)
    defaults: dict[str, Any] = {}
    for pointer, parameter in located:
        problems += _shape_problems(pointer, parameter, block_type, legacy=legacy)
        value, found = default_of(pointer, parameter, legacy=legacy)
        problems += found
        defaults[parameter.key] = value
    problems += condition_problems(located, legacy=legacy)
    if file.edgewright is not None:
        problems += _section_problems(file.edgewright, block_type)
    return defaults, problems


def _name_problems(located: Sequence[tuple[str, Parameter]], *, legacy: bool) -> list[Problem]:
    found: list[Problem] = []
    first: dict[str, str] = {}
    allowed = "letters, digits, - and _, a letter first" if legacy else "a-z, 0-9, - and _, a letter first"
    for pointer, parameter in located:
        name, where = parameter.param, f"{pointer}/param"
        if not (_LEGACY if legacy else _OURS).match(name):
            found.append(problem("can't name a parameter", where, got=name, allowed=allowed))
        elif parameter.key in _ENGINE_FLAGS or _LOADER.match(name):
            found.append(
                problem("is reserved: an option of the engine or a variable of the loader", where, got=name)
            )
        if parameter.key in first:
            other = first[parameter.key]
            hint = "" if other == name else f"it is the same name as {other}: dash and underscore are alike"
            found.append(problem("is taken", where, got=name, hint=hint))
        first.setdefault(parameter.key, name)
    return found


def _shape_problems(pointer: str, parameter: Parameter, block_type: str, *, legacy: bool) -> list[Problem]:
    found: list[Problem] = []
    kind = parameter.type
    if kind == "list" and legacy:
        found.append(
            problem(
                "is a type of our own contract",
                f"{pointer}/type",
                got=kind,
                hint='add an "edgewright" object',
            )
        )
    if kind in _LEGACY_ONLY and block_type in {"processing", "learning", "deployment"}:
        message = f"is not a type for a {block_type} block"
        found.append(replace(problem(message, f"{pointer}/type", got=kind), warning=legacy))
    if kind == "select" and not parameter.options:
        found.append(problem('a select needs "valid", a list of options', pointer))
    texts = [as_text(v) for v in parameter.options]
    for i, text in enumerate(texts):
        if text in texts[:i]:
            found.append(
                replace(problem("is listed twice", f"{pointer}/valid/{i}", got=text), warning=legacy)
            )
    for field in ("min", "max", "step"):
        if getattr(parameter, field) is not None and kind not in {"int", "float"}:
            found.append(problem(f"is only for int and float, this is {kind}", f"{pointer}/{field}"))
    if parameter.min is not None and parameter.max is not None and parameter.min > parameter.max:
        found.append(problem("is more than max", f"{pointer}/min", got=parameter.min))
    return found


def default_of(pointer: str, parameter: Parameter, *, legacy: bool) -> tuple[Any, list[Problem]]:
    """Return the typed default of a parameter; None is "not set"."""
    if parameter.type == "secret":
        found = replace(problem("a secret has no default", f"{pointer}/value"), warning=legacy)
        return None, [found] if parameter.value else []
    if parameter.type == "select" and not parameter.options:
        return None, []
    if parameter.value is None and not parameter.optional and not legacy:
        message = 'lacks "value", its default'
        if parameter.show_if is not None:
            message += ", which it keeps while it is hidden"
        return None, [problem(message, pointer, hint='or add "optional": true')]
    try:
        return convert(parameter, parameter.value, lenient=legacy), []
    except MisfitError as misfit:
        message = f"the default {misfit.message}"
        found = problem(
            message, f"{pointer}/value", got=parameter.value, allowed=misfit.allowed, hint=misfit.hint
        )
        # Seen in the wild: a select whose default is none of its options, an int with 0.5. It is sent as it stands.
        # But for text that nothing can carry.
        text = parameter.value if isinstance(parameter.value, str) else ""
        sendable = "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
        tolerated = legacy and isinstance(parameter.value, (str, int, float)) and sendable
        return (parameter.value if tolerated else None), [replace(found, warning=tolerated)]


def _section_problems(section: EdgewrightSection, block_type: str) -> list[Problem]:
    found: list[Problem] = []
    known = OPERATIONS.get(block_type, ())
    if block_type not in {*OPERATIONS, ""}:
        found.append(
            problem(
                "our contract has no such type of block",
                "/type",
                got=block_type,
                allowed=choices([*OPERATIONS]),
            )
        )
    for i, operation in enumerate(section.operations or ()):
        if operation not in known and block_type in OPERATIONS:
            message = f"is no operation of a {block_type} block"
            found.append(
                problem(message, f"/edgewright/operations/{i}", got=operation, allowed=choices(known))
            )
    for name in section.outputs:
        if not _OUTPUT.match(name):
            found.append(
                problem(
                    "can't name an output",
                    f"/edgewright/outputs/{escape_pointer(name)}",
                    got=name,
                    allowed="a-z, 0-9 and _",
                )
            )
    for i, name in enumerate(section.secrets):
        if not names_secret(name):
            found.append(problem("can't name a secret", f"/edgewright/secrets/{i}", got=name))
        elif name in section.secrets[:i]:
            found.append(problem("is given twice", f"/edgewright/secrets/{i}", got=name))
    found += _mount_problems(section)
    if section.training is not None and block_type not in {"learning", ""}:
        found.append(problem("is only for learning blocks", "/edgewright/training"))
    if section.validation and block_type not in {"learning", ""}:
        found.append(problem("is only for learning blocks", "/edgewright/validation"))
    if section.folds and block_type not in {"learning", ""}:
        found.append(problem("is only for learning blocks", "/edgewright/folds"))
    if not isinstance(section.device, bool):
        folder = PurePosixPath(section.device.folder)
        if folder.is_absolute() or ".." in folder.parts or not folder.parts:
            found.append(
                problem("is not a folder within the block", "/edgewright/device/folder", got=str(folder))
            )
    if section.reads != "features" and block_type not in {"learning", ""}:
        found.append(problem("is only for learning blocks", "/edgewright/reads", got=section.reads))
    if section.command is not None and not section.command[0].strip():
        found.append(problem("is empty", "/edgewright/command/0"))
    return found


def names_secret(name: str) -> bool:
    """Whether a secret may have this name: it becomes a file's, and for Edge Impulse's blocks a variable's."""
    return len(name) <= MAX_NAME and _LEGACY.match(name) is not None and _LOADER.match(name) is None


def is_mountable(path: str) -> bool:
    """Whether a container may have a mount at this path: tidy, and no folder of the task's or the system's."""
    parts = PurePosixPath(path).parts
    return _MOUNT_PATH.match(path) is not None and ".." not in parts and parts[1] not in _TAKEN


def _mount_problems(section: EdgewrightSection) -> list[Problem]:
    found: list[Problem] = []
    for i, mount in enumerate(section.mounts):
        earlier = section.mounts[:i]
        if any(other.name == mount.name for other in earlier):
            found.append(problem("is given twice", f"/edgewright/mounts/{i}/name", got=mount.name))
        path = PurePosixPath(mount.path)
        if not is_mountable(mount.path):
            allowed = "a path such as /data or /mnt/models, outside of the folders of task and system"
            found.append(
                problem(
                    "can't be mounted to", f"/edgewright/mounts/{i}/path", got=mount.path, allowed=allowed
                )
            )
        elif any(_overlap(path, PurePosixPath(other.path)) for other in earlier):
            found.append(problem("lies on another mount", f"/edgewright/mounts/{i}/path", got=mount.path))
    return found


def _overlap(one: PurePosixPath, other: PurePosixPath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def unknown_type(value: str, allowed: Sequence[str]) -> Problem:
    """Word a block type that nobody knows."""
    return problem(
        "is not a type of block",
        "/type",
        got=value,
        allowed=choices(allowed),
        hint=suggestion(value, allowed),
    )

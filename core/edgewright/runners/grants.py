"""What a block asks for in its spec and an impulse grants: network, writable root, GPU, secrets, mounts.

Both sides must say so. A block can't give itself anything, and what an impulse grants to a block that doesn't ask for
it is a mistake. Files of Edge Impulse's can't ask, so for them the impulse's word is enough.
"""

from __future__ import annotations

import os
import re
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright.errors import UsageError
from edgewright.trees import iter_files
from edgewright_specs.block_checks import is_mountable, names_secret
from edgewright_specs.interface import MOUNT_VARIABLE, digest_json
from edgewright_specs.problems import Problem, choices, problem, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from edgewright.registry import Block
    from edgewright_specs.impulse import GrantSpec

#: Every GPU there is.
ALL_GPUS: Final = -1


@dataclass(frozen=True)
class Mounted:
    """A folder of the host, and where a container has it."""

    name: str
    source: Path
    target: str
    read_only: bool = True

    @property
    def variable(self) -> str:
        """Name of the variable that tells the task where it is."""
        return MOUNT_VARIABLE + re.sub(r"[^A-Z0-9]", "_", self.name.upper())


@dataclass(frozen=True)
class Grants:
    """What a task has beyond its limits. Of secrets only the places of their values, never the values."""

    network: bool = False
    writable_root: bool = False
    gpus: int = 0
    secrets: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mounted, ...] = ()


NO_GRANTS: Final = Grants()


@dataclass(frozen=True)
class _Asked:
    """What a block may be granted."""

    network: bool
    writable_root: bool
    gpu: bool | int
    secrets: tuple[str, ...]
    mounts: tuple[tuple[str, str, bool], ...]  # name, target, read-only
    #: Whether it must be granted all of it, but for the mounts that it can do without.
    strict: bool
    dispensable: frozenset[str] = frozenset()


def asked_of(block: Block) -> list[str]:
    """Say what a block asks for beyond the strict profile, a line each; of an Edge Impulse block what may be granted by name."""
    asked = _asked(block)
    lines = []
    if asked.strict:
        lines += ["the network"] if asked.network else []
        lines += ["a root file system that it can write"] if asked.writable_root else []
    if asked.strict and asked.gpu is not False:
        lines.append("all GPUs" if asked.gpu is True else f"{int(asked.gpu)} GPU(s)")
    lines += [f"the secret {name}" for name in asked.secrets]
    lines += [
        f"the mount {name} at {target}{'' if read_only else ', to write'}{', if granted' * (name in asked.dispensable)}"
        for name, target, read_only in asked.mounts
    ]
    return lines


def grants_of(
    block: Block, granted: GrantSpec, base: Path, pointer: str = ""
) -> tuple[Grants, list[Problem]]:
    """Bring together what a block asks for and what its node in the impulse grants.

    Parameters
    ----------
    block : Block
    granted : GrantSpec
        ``grants`` of the node.
    base : Path
        Where relative paths start: the impulse's folder.
    pointer : str
        Of ``grants`` in the impulse, for the problems.

    Returns
    -------
    Grants, list of Problem
        The problems are without places; there are none where the two sides agree.
    """
    asked = _asked(block)
    found = [*_switches(block, asked, granted, pointer), *_gpu(block, asked, granted, pointer)]
    found += _names(
        block,
        "secret",
        asked.secrets,
        granted.secrets,
        f"{pointer}/secrets",
        set(asked.secrets) if asked.strict else set(),
    )
    targets = {name: (target, read_only) for name, target, read_only in asked.mounts}
    needed = set(targets) - asked.dispensable if asked.strict else set()
    found += _names(block, "mount", targets, granted.mounts, f"{pointer}/mounts", needed)
    mounts = []
    for name, given in granted.mounts.items():
        if name not in targets:
            continue
        path, read_only = (given, True) if isinstance(given, str) else (given.path, given.read_only)
        target, declared_read_only = targets[name]
        place = f"{pointer}/mounts/{name}"
        if declared_read_only and not read_only:
            found.append(
                problem(
                    f"lets block {block.name!r} write, which it doesn't ask for",
                    place,
                    hint="leave read_only out",
                )
            )
        source = base / Path(path).expanduser()
        if not source.is_dir():
            found.append(problem("is no folder", place, got=str(source)))
        mounts.append(Mounted(name, source.resolve(), target, read_only or declared_read_only))
    grants = Grants(
        network=granted.network,
        writable_root=granted.writable_root,
        gpus=ALL_GPUS if granted.gpu is True else int(granted.gpu),
        secrets={name: _absolute(source, base) for name, source in granted.secrets.items()},
        mounts=tuple(mounts),
    )
    return grants, found


def _asked(block: Block) -> _Asked:
    section = block.spec.edgewright
    if section is not None:
        mounts = tuple((mount.name, mount.path, mount.read_only) for mount in section.mounts)
        dispensable = frozenset(mount.name for mount in section.mounts if mount.optional)
        return _Asked(
            section.network, section.writable_root, section.gpu, tuple(section.secrets), mounts,
            strict=True, dispensable=dispensable,
        )  # fmt: skip
    info = block.spec.info
    secrets = [p.param for p in block.spec.parameters if p.type == "secret"]
    folders = tuple(
        (str(entry.get("bucketId")), str(entry.get("mountPoint")), True)
        for entry in info.transform_mountpoints or ()
    )
    names = dict.fromkeys((*secrets, *(info.required_env_variables or ())))
    return _Asked(
        True, True, True, tuple(filter(names_secret, names)),
        tuple(folder for folder in folders if is_mountable(folder[1])), strict=False,
    )  # fmt: skip


def _switches(block: Block, asked: _Asked, granted: GrantSpec, pointer: str) -> Iterable[Problem]:
    for name, what in (("network", "the network"), ("writable_root", "a writable root file system")):
        wants, gets = bool(getattr(asked, name)), bool(getattr(granted, name))
        dashed = name.replace("_", "-")
        if wants and not gets and asked.strict:
            yield _ungranted(block, what, pointer, f"{dashed}: true", f"--{dashed}")
        if gets and not wants:
            yield _unasked(block, what, f"{pointer}/{name}", f'"{name}": true')


def _gpu(block: Block, asked: _Asked, granted: GrantSpec, pointer: str) -> Iterable[Problem]:
    if asked.gpu is not False and granted.gpu is False and asked.strict:
        number = "true" if asked.gpu is True else str(int(asked.gpu))
        option = f"--gpu {'all' if asked.gpu is True else number}"
        yield _ungranted(block, "a GPU", pointer, f"gpu: {number}", option)
    elif granted.gpu is not False and asked.gpu is False:
        yield _unasked(block, "a GPU", f"{pointer}/gpu", '"gpu": 1')
    elif asked.strict and asked.gpu is not True and granted.gpu is not True and granted.gpu < asked.gpu:
        yield problem(
            f"is fewer than block {block.name!r} asks for",
            f"{pointer}/gpu",
            got=granted.gpu,
            allowed=f"{int(asked.gpu)}",
        )


def _names(
    block: Block, what: str, asked: Iterable[str], granted: Iterable[str], pointer: str, needed: set[str]
) -> Iterable[Problem]:
    known, given = list(asked), list(granted)
    for name in known:
        if name not in given and name in needed:
            example = "env:VARIABLE" if what == "secret" else "path/to/folder"
            grant, option = f"{what}s: {{{name}: {example}}}", f"--{what} {name}={example}"
            yield _ungranted(block, f"the {what} {name!r}", pointer.rpartition("/")[0], grant, option)
    for name in given:
        if name not in known:
            yield problem(
                f"is no {what} that block {block.name!r} asks for", f"{pointer}/{name}",
                allowed=choices(known) or "none", hint=suggestion(name, known),
            )  # fmt: skip


def _ungranted(block: Block, what: str, pointer: str, grant: str, option: str) -> Problem:
    return problem(
        f"doesn't grant {what}, which block {block.name!r} asks for", pointer,
        hint=f"if you trust it with that: grants: {{{grant}}} at its node, or {option} on a command line",
    )  # fmt: skip


def _unasked(block: Block, what: str, pointer: str, declaration: str) -> Problem:
    return problem(
        f"grants {what}, which block {block.name!r} doesn't ask for", pointer,
        hint=f"take it out, or declare it in the block's parameters.json: \"edgewright\": {{{declaration}}}",
    )  # fmt: skip


def _absolute(source: str, base: Path) -> str:
    kind, _, place = source.partition(":")
    return source if kind == "env" else f"file:{(base / Path(place).expanduser()).resolve()}"


def granted_record(grants: Grants) -> dict[str, Any]:
    """Say in a task's record what it was granted; of secrets their names."""
    record: dict[str, Any] = (
        {"gpus": "all" if grants.gpus == ALL_GPUS else grants.gpus} if grants.gpus else {}
    )
    if grants.secrets:
        record["secrets"] = sorted(grants.secrets)
    if grants.mounts:
        modes = {True: "read-only", False: "writable"}
        record["mounts"] = {
            mount.name: f"{mount.source} ({modes[mount.read_only]})" for mount in grants.mounts
        }
    return record


def key_part(grants: Grants, digest_file: Callable[[Path], str]) -> dict[str, Any]:
    """Say what of the grants can change a result, for a task's key: GPUs, and what the mounts hold.

    A task that may write into a mount does more than its outputs tell, so no stored output stands for it: its key is
    another one each time. Of secrets nothing is in a key: another token gives the same result.
    """
    part: dict[str, Any] = {"gpus": grants.gpus} if grants.gpus else {}
    for mount in grants.mounts:
        part[f"mount {mount.name}"] = _tree_digest(mount.source, digest_file)
    if not all(mount.read_only for mount in grants.mounts):
        part["once"] = uuid.uuid4().hex
    return part


def _tree_digest(folder: Path, digest_file: Callable[[Path], str]) -> str:
    """Digest of names and contents below a folder; of a link its text, since what it names may not be there for the task."""
    found: dict[str, str] = {}
    for name, entry in iter_files(folder):
        if entry.is_symlink():
            found[name] = f"link:{os.readlink(entry.path)}"  # noqa: PTH115
        elif entry.is_file(follow_symlinks=False):
            found[name] = digest_file(Path(entry.path))
        else:
            raise UsageError(
                f"the mount {folder} holds {name}, which is no file",
                hint="mount a folder of files and folders only",
            )
    return digest_json(found)

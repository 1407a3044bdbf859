"""What a block is granted on the command line: limits, network, secrets, folders …"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from edgewright.errors import UsageError
from edgewright.runners.grants import NO_GRANTS, Grants, Mounted, grants_of
from edgewright.runners.limits import limits_of
from edgewright_specs.impulse import GrantSpec
from edgewright_specs.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.registry import Block
    from edgewright.runners.base import Limits

#: Where scripts of Edge Impulse's look for a storage bucket.
BUCKETS: Final = "/mnt/s3fs"


@dataclass(frozen=True)
class Granted:
    """Limits and grants of a task, and what the block asks for that it was not given."""

    limits: Limits
    grants: Grants = NO_GRANTS
    missing: tuple[str, ...] = ()


def granted(
    block: Block,
    params: Mapping[str, Any],
    *,
    secrets: Sequence[str] = (),
    mounts: Sequence[str] = (),
    limits: Sequence[str] = (),
    network: bool = False,
    gpu: str | None = None,
    writable_root: bool = False,
) -> Granted:
    """Read grants as the command line gives them.

    Parameters
    ----------
    params : mapping
        Complete: a parameter of type bucket names a folder that may be mounted.
    secrets : sequence of str
        ``NAME=env:VARIABLE`` or ``NAME=file:PATH``.
    mounts : sequence of str
        ``NAME=FOLDER``, read-only.
    limits : sequence of str
        ``seconds=…``, ``memory_mb=…``, as in an impulse's ``grants``.
    gpu : str, optional
        A number, or ``all``.

    Raises
    ------
    UsageError
        A word that is no grant.
    SpecError
        What is granted isn't what the block asks for.
    """
    folders = _pairs(mounts, "--mount", "NAME=FOLDER")
    wanted = [p for p in block.spec.parameters if p.type == "bucket"] if block.spec.legacy else []
    buckets = {str(params.get(p.key)) for p in wanted if params.get(p.key)}
    document = {
        **_pairs(limits, "--limit", "NAME=NUMBER"),
        "network": network,
        "writable_root": writable_root,
        "gpu": _gpus(gpu),
        "secrets": _pairs(secrets, "--secret", "NAME=env:VARIABLE or NAME=file:PATH"),
        "mounts": {name: folder for name, folder in folders.items() if name not in buckets},
    }
    try:
        spec = GrantSpec.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(word) for word in first["loc"])
        raise UsageError(
            f"grant {where}: {first['msg']}",
            hint="limits are seconds, memory_mb, pids, cpus, out_mb, out_files, tmp_mb, log_mb; a secret is "
            "NAME=env:VARIABLE or NAME=file:PATH",
        ) from None
    grants, problems = grants_of(block, spec, Path.cwd())
    if problems:
        raise SpecError([replace(found, path="grants") for found in problems])
    own = tuple(
        Mounted(name, _folder(name, folder), f"{BUCKETS}/{name}")
        for name, folder in folders.items()
        if name in buckets
    )
    asked = _asked_secrets(block) if block.spec.legacy else ()
    missing = [
        *(f"the secret {name}: --secret {name}=env:{name}" for name in asked if name not in grants.secrets),
        *(f"the bucket {name}: --mount {name}=FOLDER" for name in sorted(buckets - set(folders))),
    ]
    return Granted(limits_of(block, spec), replace(grants, mounts=(*grants.mounts, *own)), tuple(missing))


def _pairs(words: Sequence[str], option: str, form: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (equals and name and value):
            raise UsageError(f"{option} {word!r}: not {form}")
        found[name] = value
    return found


def _gpus(word: str | None) -> bool | int:
    if word is None or word == "all":
        return word is not None
    if not word.isdecimal():
        raise UsageError(f"--gpu {word!r}: not a number of GPUs", hint="allowed: 1, 2, … or all")
    return int(word)


def _folder(name: str, folder: str) -> Path:
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise UsageError(f"--mount {name}={folder}: no such folder")
    return path.resolve()


def _asked_secrets(block: Block) -> tuple[str, ...]:
    secrets = [p.param for p in block.spec.parameters if p.type == "secret"]
    return tuple(dict.fromkeys([*secrets, *(block.spec.info.required_env_variables or ())]))

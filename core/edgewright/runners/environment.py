"""Environment variables of a task: built from nothing, the same under every runner."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright_specs.interface import SECRETS_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.registry import Block
    from edgewright.runners.grants import Grants
    from edgewright.runners.secrets import Secrets

#: Libraries size their pools by one of these.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def task_environment(*, threads: int, home: str, temporary: str) -> dict[str, str]:
    """Return every variable that a task sees but ``PATH``, which the runner knows.

    Parameters
    ----------
    threads : int >= 1
        How many threads numeric libraries may use; more than one costs the promise of equal bytes.
    home, temporary : str
        Folders as the task sees them.
    """
    return {
        "HOME": home,
        "TMPDIR": temporary,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": "0",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
    }


def compiler_cache() -> dict[str, str]:
    """Return the variable that names the compiler's cache, in the user's cache folder; nothing where that can't be written.

    A C library takes a minute to build. An image brings it built; tasks of a process share it through this folder.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("ZIG_GLOBAL_CACHE_DIR") or cache / "edgewright" / "zig")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return {}
    return {"ZIG_GLOBAL_CACHE_DIR": os.fspath(folder.absolute())}


def granted_variables(
    block: Block, grants: Grants, secrets: Secrets | None, secrets_folder: str, places: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables by which a task finds what it was granted.

    Parameters
    ----------
    secrets_folder : str
        Folder of its secrets as the task sees it.
    places : mapping of str to str
        Where it finds each mount, by the mount's name.
    """
    variables = {mount.variable: places[mount.name] for mount in grants.mounts}
    if secrets is not None:
        variables[SECRETS_VARIABLE] = secrets_folder
        if block.spec.legacy:  # their contract: a variable of the secret's name
            variables |= secrets.texts()
    return variables

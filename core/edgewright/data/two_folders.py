"""Data that come as a folder of normal samples and one of abnormal ones, wherever the two lie."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def data_of(
    path: Path | str | None, normal: Path | str | None, abnormal: Path | str | None, command: str
) -> tuple[Path, dict[str, Any]]:
    """Where the data are, and the options by which they are read: ``folders`` where the two are named.

    Parameters
    ----------
    path : folder or file
        The data set; left out when ``normal`` is given.
    normal, abnormal : folders, optional
    command : str
        That was given them, for messages.

    Raises
    ------
    UsageError
        Neither ``path`` nor ``normal``, ``abnormal`` alone, or one of the two within the other.
    DataError
        A folder that isn't there.
    """
    if normal is None and path is None:
        raise UsageError(
            f"{command} needs a data folder",
            hint=f"edgewright {command} DATA, or --normal DIR [--abnormal DIR]",
        )
    if normal is None and abnormal is not None:
        raise UsageError("--abnormal needs --normal", hint="give the folder of normal recordings too")
    if normal is None:
        assert path is not None
        return Path(path), {}
    folders: Mapping[str, Path | str | None] = {"normal": normal, "abnormal": abnormal}
    named = {label: os.path.abspath(folder) for label, folder in folders.items() if folder is not None}  # noqa: PTH100 - without following links
    root = Path(path) if path is not None else _common(list(named.values()))
    if abnormal is not None:
        _check_apart(named["normal"], named["abnormal"])
    return root, {"folders": named}


def _check_apart(normal: str, abnormal: str) -> None:
    """Raise UsageError where a file would be both."""
    one, other = Path(normal).resolve(), Path(abnormal).resolve()
    if one == other or one in other.parents or other in one.parents:
        raise UsageError(
            f"{normal} and {abnormal}: one holds the other, so files would be both normal and abnormal",
            hint="give two folders side by side",
        )


def _common(folders: list[str]) -> Path:
    """The folder that holds both, or the normal one's parent."""
    for folder in folders:
        if not Path(folder).exists():
            raise DataError(f"{folder}: there is no such file or folder")
    common = Path(os.path.commonpath([str(Path(folder).parent) for folder in folders]))
    return Path(folders[0]).parent if len(common.parts) < 2 else common

"""Open what was exported: a folder as it is, a zip archive unpacked into a folder of its own, within bounds."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath

from edgewright.errors import DataError
from edgewright.zips import ZIP_FAULTS, GuardedFile, unusual_method

MOST_FILES = 1_000_000
#: Recordings shrink to a third or so. An archive that would grow by more than this, beyond what any disk has, is a bomb.
MOST_GROWTH = 200
ALWAYS_FINE = 1 << 30


def unpack(archive: Path, into: Path) -> Path:
    """Unpack a zip archive into ``into`` and return the folder that holds its content.

    Raises
    ------
    DataError
        Not a readable archive, too large, or with members that would lie outside.
    """
    try:
        with GuardedFile(archive, MOST_FILES) as file, zipfile.ZipFile(file) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            _check(archive, members)
            for member in members:
                place = into.joinpath(*PurePosixPath(member.filename).parts)
                place.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, place.open("xb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
    except ZIP_FAULTS as error:
        raise DataError(
            f"{archive}: can't be unpacked: {error}", hint="download the archive again, or unpack it yourself"
        ) from error
    entries = [entry for entry in into.iterdir() if entry.name != "__MACOSX"]
    # An archive of one folder is that folder, unless its name says a split.
    if len(entries) == 1 and entries[0].is_dir() and entries[0].name not in ("training", "testing"):
        return entries[0]
    return into


def _check(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    total = sum(member.file_size for member in members)
    if len(members) > MOST_FILES or total > max(ALWAYS_FINE, MOST_GROWTH * archive.stat().st_size):
        raise DataError(
            f"{archive}: would become {len(members)} files of {total} bytes",
            hint="if that is right, unpack it yourself",
        )
    unusual = unusual_method(members)
    if unusual is not None:
        raise DataError(
            f"{archive}: the member {unusual.filename!r} is neither stored nor deflated",
            hint="if that is right, unpack it yourself",
        )
    for member in members:
        path = PurePosixPath(member.filename)
        if (
            not path.parts
            or path.is_absolute()
            or ".." in path.parts
            or "\\" in member.filename
            or ":" in path.parts[0]
        ):
            raise DataError(
                f"{archive}: the member {member.filename!r} would lie outside",
                hint="this is no export; don't unpack it",
            )

"""``info.labels`` of transformed data: what was known of the files before, and what ``ei-metadata.json`` says of them."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from edgewright.data.layout import LABEL_FILES
from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

LABELS_FILE: Final = LABEL_FILES[0]
METADATA_FILE: Final = "ei-metadata.json"
ACTIONS: Final = ("add", "replace", "replace-checks")
CHECK: Final = "ei_check"
#: They are read whole, and what they say takes many times as much memory as they do.
MAX_BYTES: Final = 64 << 20

Entry = dict[str, Any]


def entries_of(folder: Path) -> dict[str, Entry]:
    """Read what every ``info.labels`` below a folder says: entry by path relative to the folder.

    Raises
    ------
    DataError
        A label file that can't be read.
    """
    found: dict[str, Entry] = {}
    left = MAX_BYTES
    for path in sorted(folder.rglob(LABELS_FILE)):
        base = PurePosixPath(path.relative_to(folder).as_posix()).parent
        try:
            text = _text(path, left)
            left -= len(text)
            listed = json.loads(text)["files"]
            for entry in listed:
                given = str(entry["path"])
                if not isinstance(entry.get("metadata") or {}, dict):
                    raise TypeError(f"the metadata of {given!r} are no object")
                place = (base / given).as_posix()
                if not (folder / place).is_file() and (folder / given).is_file():
                    place = given  # exports list paths from their root
                found[place] = {**entry, "path": place}
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise DataError(
                f"{path}: not a label file that can be read: {type(error).__name__}: {error}",
                hint='expected {"version": 1, "files": [{"path", "category", "label", "metadata"}]}',
            ) from None
    return found


def write_entries(folder: Path, entries: Iterable[Entry]) -> None:
    """Write one ``info.labels`` for a folder; none where there is nothing to say."""
    listed = sorted(entries, key=lambda entry: str(entry["path"]))
    if listed:
        text = json.dumps({"version": 1, "files": listed}, indent=1, ensure_ascii=False)
        # A name may hold half a character, which JSON can write and UTF-8 can't.
        (folder / LABELS_FILE).write_bytes(f"{text}\n".encode("utf-8", "replace"))


def read_metadata(path: Path, where: str) -> Entry:
    """Read an ``ei-metadata.json``: its action and its metadata, texts and numbers.

    Raises
    ------
    DataError
        It isn't of the form that Edge Impulse documents.
    """
    try:
        document = json.loads(_text(path, MAX_BYTES))
        action, metadata = document.get("action", "add"), document["metadata"]
        if document.get("version", 1) != 1 or action not in ACTIONS or not isinstance(metadata, dict):
            raise ValueError(f"version {document.get('version')!r}, action {action!r}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{where}: {METADATA_FILE} can't be used: {type(error).__name__}: {error}",
            hint=f'expected {{"version": 1, "action": "{" | ".join(ACTIONS)}", "metadata": {{…}}}}',
        ) from None
    return {"action": action, "metadata": {str(key): _plain(value) for key, value in metadata.items()}}


def with_metadata(before: Mapping[str, Any], said: Entry) -> dict[str, Any]:
    """Change metadata as a block says: add to it, replace it, or replace its checks (``ei_check…``)."""
    if said["action"] == "add":
        return {**before, **said["metadata"]}
    if said["action"] == "replace":
        return dict(said["metadata"])
    kept = {key: value for key, value in before.items() if not key.startswith(CHECK)}
    return {**kept, **{key: value for key, value in said["metadata"].items() if key.startswith(CHECK)}}


def checks_of(metadata: Mapping[str, Any]) -> dict[str, bool]:
    """The checks among metadata: ``ei_check…``, 1 passed, 0 failed."""
    return {
        key: str(value).strip().lower() in ("1", "1.0", "true")
        for key, value in metadata.items()
        if key.startswith(CHECK)
    }


def _text(path: Path, most: int) -> str:
    """Text of a document that a block may have written, if it is no longer than that."""
    if path.stat().st_size > most:
        raise ValueError(f"with it there would be more than {MAX_BYTES >> 20} MiB of such documents")
    return path.read_text(encoding="utf-8-sig")


def _plain(value: Any) -> str | int | float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)

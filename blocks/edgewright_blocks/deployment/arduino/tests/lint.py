"""The rules of arduino-lint for libraries that can be decided without network.

https://arduino.github.io/arduino-lint/latest/rules/library/ at the level ``strict``; written from their descriptions.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = (
    "name",
    "version",
    "author",
    "maintainer",
    "sentence",
    "paragraph",
    "category",
    "url",
    "architectures",
)
CATEGORIES = {
    "Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing", "Data Storage",
    "Data Processing", "Other",
}  # fmt: skip
ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
LINK = 0o120000


def broken_rules(archive: Path) -> set[str]:
    """The rules that a library's zip breaks."""
    with zipfile.ZipFile(archive) as opened:
        texts = {entry.filename: opened.read(entry).decode() for entry in opened.infolist()}
        links = [e.filename for e in opened.infolist() if (e.external_attr >> 16) & 0o170000 == LINK]
    (folder,) = {name.split("/")[0] for name in texts}
    paths = {PurePosixPath(name).relative_to(folder): text for name, text in texts.items()}
    top = {path.parts[0] for path in paths}
    verdicts = {
        **_structure(folder, paths, top),
        "symlink": bool(links),
        **_metadata(paths),
        **_documents(paths, top),
        **_sketches(paths),
    }
    return {rule for rule, broken in verdicts.items() if broken}


def _structure(folder: str, paths: dict[PurePosixPath, str], top: set[str]) -> dict[str, bool]:
    headers = {path.stem for path in paths if path.parent == PurePosixPath("src") and path.suffix == ".h"}
    return {
        "no header in src": not headers,
        "folder name too long": len(folder) > 63,
        "character in folder name": not ALLOWED.fullmatch(folder),
        "submodule": ".gitmodules" in top,
        ".development file": ".development" in top,
        ".exe file": any(path.suffix == ".exe" for path in paths),
        "no header of the library's name": _fields(paths).get("name") not in headers,
        "case of src": any(name != "src" and name.lower() == "src" for name in top),
        "utility folder": "utility" in top,
        "misspelled extras": any(re.fullmatch("(?i)extra", name) for name in top),
        "case of extras": any(name != "extras" and name.lower() == "extras" for name in top),
    }


def _fields(paths: dict[PurePosixPath, str]) -> dict[str, str]:
    lines = paths.get(PurePosixPath("library.properties"), "").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _metadata(paths: dict[PurePosixPath, str]) -> dict[str, bool]:
    text = paths.get(PurePosixPath("library.properties"), "")
    fields = _fields(paths)
    name, paragraph, sentence = (
        fields.get("name", ""),
        fields.get("paragraph", ""),
        fields.get("sentence", ""),
    )
    missing = {f"{field} is missing": field not in fields for field in FIELDS}
    empty = {
        f"{field} is empty": not fields.get(field, "").strip() for field in FIELDS if field != "paragraph"
    }
    headers = {path.name for path in paths if path.parent == PurePosixPath("src")}
    return {
        **missing,
        **empty,
        "no library.properties": not text,
        "a second library.properties": PurePosixPath("src/library.properties") in paths,
        "format of library.properties": any(
            "=" not in line for line in text.splitlines() if line and not line.startswith("#")
        ),
        "name too long": len(name) > 63,
        "character in name": not ALLOWED.fullmatch(name),
        "name starts with Arduino": name.lower().startswith("arduino"),
        "name contains Arduino": "arduino" in name.lower(),
        "name contains spaces": " " in name,
        "name contains library": "library" in name.lower(),
        "version": not re.fullmatch(r"\d+\.\d+\.\d+", fields.get("version", "")),
        "maintainer starts with Arduino": fields.get("maintainer", "").lower().startswith("arduino"),
        "paragraph repeats sentence": paragraph.startswith(sentence),
        "category": fields.get("category") not in CATEGORIES,
        "url": not re.fullmatch(r"https?://[a-z0-9.-]+\S*", fields.get("url", "")),
        "includes not found": any(
            header.strip() not in headers for header in fields.get("includes", "").split(",")
        ),
        "a field is not one of theirs": not set(fields) <= {*FIELDS, "includes", "depends", "dot_a_linkage"},
    }


def _documents(paths: dict[PurePosixPath, str], top: set[str]) -> dict[str, bool]:
    sketches = [path for path in paths if path.suffix == ".ino"]
    stray = [path for path in sketches if path.parts[0] not in ("examples", "extras")]
    keywords = paths.get(PurePosixPath("keywords.txt"), "").splitlines()
    return {
        "no readme": not any(re.fullmatch("(?i)readme.*", name) for name in top),
        "no license": not any(re.fullmatch("(?i)(licen[cs]e|copying).*", name) for name in top),
        "stray sketch": bool(stray),
        "no example": not any(path.parts[0] == "examples" for path in sketches),
        "misspelled examples": any(
            name != "examples" and re.fullmatch("(?i)exs?am?ples?", name) for name in top
        ),
        "keywords.txt": not keywords
        or any(not re.fullmatch(r"\w+\t(KEYWORD[123]|LITERAL1)", line) for line in keywords),
    }


def _sketches(paths: dict[PurePosixPath, str]) -> dict[str, bool]:
    sketches = [path for path in paths if path.suffix in (".ino", ".pde")]
    return {
        "sketch of another name than its folder": any(path.stem != path.parent.name for path in sketches),
        "character in sketch name": any(not ALLOWED.fullmatch(path.name) for path in sketches),
        "sketch name too long": any(len(path.stem) > 63 for path in sketches),
        ".pde sketch": any(path.suffix == ".pde" for path in sketches),
    }

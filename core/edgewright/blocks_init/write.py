"""Copy a template, renaming the block in file names and texts."""

from __future__ import annotations

import re
import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from edgewright.errors import UsageError

KINDS = ("processing", "learning", "deployment")

#: How the templates call themselves: as a name, a class and a title.
_NAME, _CLASS, _TITLE = "template_block", "TemplateBlock", "Template block"

_VALID = re.compile(r"[a-z][a-z0-9_]{0,39}")


def write_block(kind: str, target: Path) -> list[Path]:
    """Write a new block that runs, with its test, Dockerfile and device code.

    Parameters
    ----------
    kind : {"processing", "learning", "deployment"}
    target : Path
        The new folder; its name becomes the block's (dashes become underscores).

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UsageError
        The folder holds something already, or its name can't be a block's.
    """
    if kind not in KINDS:
        raise UsageError(f"no kind of block {kind!r}", hint=f"there are: {', '.join(KINDS)}")
    folder = target.resolve()
    name = folder.name.replace("-", "_")
    if not _VALID.fullmatch(name):
        raise UsageError(
            f"{folder.name!r} can't be a block's name",
            hint="allowed: lower-case letters, digits and _, a letter first, at most 40",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{target} is there already", hint="choose a new folder, or an empty one")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Written beside its place and moved in whole: a full disk leaves no half block.
    with tempfile.TemporaryDirectory(prefix=".edgewright-", dir=folder.parent) as staging:
        built = Path(staging, name)
        with as_file(files("edgewright.blocks_init").joinpath(kind)) as template:
            _copy(template, built, name)
        if folder.exists():
            folder.rmdir()
        built.rename(folder)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _copy(template: Path, built: Path, name: str) -> None:
    shutil.copytree(template, built, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    words = name.split("_")
    replacements = {
        _NAME: name,
        _CLASS: "".join(word.capitalize() for word in words),
        _TITLE: " ".join(word for word in words if word).capitalize(),
    }
    for path in sorted(built.rglob("*")):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        for old, new in replacements.items():
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        if _NAME in path.name:
            path.rename(path.with_name(path.name.replace(_NAME, name)))

"""Where a run's outputs appear in its folder: links into the store, under names a person can read."""

from __future__ import annotations

import errno
import re
import shutil
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright.errors import EdgewrightError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgewright.store import Entry

#: Tasks that are not linked: folds, subsets, self-tests and what a ranking or a map is made of are inputs of others, found by their keys in run.json.
_INNER = re.compile(
    r"/(subset[/-][\d-]+|fold-\d+|model-\d+|selftest-\w+|(labels|fit)/importance|fit/map|(rows|fit)/errors)$"
)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Whatever the file system refuses within is said of ``folder``. Raises EdgewrightError."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise EdgewrightError(
            f"{error.filename or folder}: can't be written: {error.strerror or error}",
            hint="free some space, or choose another folder by -o" if full else "choose another folder by -o",
        ) from error


def new_run_folder(name: str, out: Path | None, runs: Path) -> Path:
    """Make the folder of a new run: ``out``, or ``<runs>/<time>-<name>``.

    Raises
    ------
    UsageError
        ``out`` holds something that is not a run.
    """
    if out is None:
        stem = f"{datetime.now():%Y%m%d-%H%M%S}-{name}"
        runs.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            folder = runs / (stem if number == 1 else f"{stem}-{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
        raise UsageError(f"{runs}: too many runs named {stem}", hint="give -o DIR")
    if out.exists():
        if not out.is_dir() or (any(out.iterdir()) and not (out / "run.json").is_file()):
            raise UsageError(
                f"{out}: exists and is not a run folder", hint="choose an empty or a new folder for -o"
            )
        clear_run_folder(out)
    out.mkdir(parents=True, exist_ok=True)
    return out


def clear_run_folder(folder: Path) -> None:
    """Take away what a run wrote, and nothing else."""
    for name in ("outputs", "logs"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("run.json", "events.jsonl", "impulse.yaml", "impulse.lock", "report.html"):
        (folder / name).unlink(missing_ok=True)


def link_outputs(folder: Path, entries: Iterable[tuple[str, Entry]]) -> None:
    """Link every output of finished tasks into ``folder/outputs``."""
    for task, entry in entries:
        if _INNER.search(task):
            continue
        node, _, rest = task.partition("/")
        place = folder / "outputs" / node
        place.mkdir(parents=True, exist_ok=True)
        suffix = f"-{rest.split('/', 1)[1]}" if "/" in rest else ""
        for name, output in entry.outputs.items():
            stem, dot, extension = Path(output.path).name.partition(".")
            link = place / f"{stem if output.kind != 'array' else name}{suffix}{dot}{extension}"
            try:
                link.symlink_to(entry.file(name))
            except FileExistsError:  # a run that goes on: a package built again
                link.unlink()
                link.symlink_to(entry.file(name))


def link_latest(runs: Path, folder: Path) -> None:
    """Let ``<runs>/latest`` point to a run folder."""
    temporary = runs / f".latest-{folder.name}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(folder.name)
    temporary.replace(runs / "latest")

"""Which files a data set has and which reader reads them; nothing is opened that its name decides."""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from edgewright.data.layout import LABEL_FILES, FileFacts, Layout, read_layout
from edgewright.data.names import plain
from edgewright.errors import DataError

if TYPE_CHECKING:
    from edgewright.data.readers.base import Reader
    from edgewright.plugins import Plugins
    from edgewright_specs.impulse import DataSpec

#: Options of ``data.options`` that are about the folder; the reader never sees them.
FOLDER_OPTIONS = ("folders", "labels-from")
_JUNK_FOLDERS = frozenset({"__macosx", "__pycache__", "node_modules"})
MOST_FILES = 1_000_000


class DataFile(NamedTuple):
    """``relative`` names it in keys and messages, with ``/`` on every system."""

    relative: str
    path: Path


@dataclass(frozen=True)
class Inventory:
    """What a data set consists of.

    ``files`` are read by ``reader``, ``label_files`` are read for labels and splits. The key of a read is the reader's
    name and version, the digests of ``all_files``, and what :func:`edgewright.data.read` uses of the impulse.
    ``ignored`` are files that no reader, or another one, would read.
    """

    root: Path
    shown: str
    reader: Reader
    files: tuple[DataFile, ...]
    label_files: tuple[DataFile, ...]
    ignored: tuple[str, ...]
    labels: Mapping[str, str]  # file -> label, where `folders` says so
    masks: Mapping[str, tuple[DataFile, ...]] = field(default_factory=dict)  # of images, by their file
    lone_masks: tuple[str, ...] = ()
    listed: Mapping[str, FileFacts] = field(default_factory=dict)  # facts of images that a CSV file lists
    others: tuple[DataFile, ...] = ()  # left out by their metadata; what folders mean is seen by them too

    @property
    def all_files(self) -> tuple[DataFile, ...]:
        """Every file whose bytes can change a result, in a fixed order."""
        masks = dict.fromkeys(mask for masks in self.masks.values() for mask in masks)
        return (*self.files, *self.label_files, *masks)

    def layout(self, options: Mapping[str, Any]) -> Layout:
        """Facts of each file from folders, names and label files, or as a list has them. Raises DataError."""
        if self.listed:
            return Layout(self.listed, (f"labels taken from {self.label_files[0].relative}",))
        labels_from = options.get("labels-from")
        label_files = {file.relative: file.path for file in self.label_files}
        every = [file.relative for file in (*self.files, *self.others)]
        layout = read_layout(every, label_files, labels_from)
        facts = {
            file: replace(fact, label=self.labels.get(file, fact.label))
            for file, fact in layout.facts.items()
        }
        lines = list(layout.lines)
        if self.reader.kind == "image":
            from edgewright.data.items import with_items

            facts = with_items(facts, lines)
        return Layout(facts, tuple(lines))

    def notes(self) -> list[str]:
        """Lines about the reader chosen and what was left out."""
        lines = [f"{len(self.files)} file(s) read by the reader {self.reader.name}"]
        if self.masks:
            lines.append(f"masks found for {len(self.masks)} image(s)")
        if self.others:
            lines.append(f"{len(self.others)} file(s) left out by data.where")
        if self.ignored:
            shown = ", ".join(self.ignored[:5]) + (", …" if len(self.ignored) > 5 else "")
            lines.append(f"{len(self.ignored)} other file(s) ignored: {shown}")
        return lines


def inventory(data: DataSpec, base: Path, plugins: Plugins) -> Inventory:
    """List the files of ``data.path`` (relative to ``base``) and choose their reader.

    Raises
    ------
    DataError
        The path does not exist, holds no file that a reader knows, or names an unknown reader.
    """
    found = list_files(
        base / data.path, plugins.readers(), reader=data.reader, options=data.options, shown=data.path
    )
    if not data.where:
        return found
    from edgewright.data.narrowing import narrowed

    return narrowed(found, data)


def list_files(
    path: Path,
    readers: Sequence[Reader],
    *,
    reader: str | None = None,
    options: Mapping[str, Any] | None = None,
    shown: str | None = None,
) -> Inventory:
    """List a folder (or take a single file) and choose the reader that claims most of it. Raises DataError."""
    in_impulse = shown is not None
    shown = shown or str(path)
    chosen = _named(reader, readers) if reader else None
    if not path.exists():
        raise DataError(
            f"{shown}: there is no such file or folder",
            hint="check data.path; it is relative to the impulse file" if in_impulse else None,
        )
    listing = _image_list(path, readers, chosen, shown)
    if listing is not None:
        return listing
    root = path if path.is_dir() else path.parent
    labels: dict[str, str] = {}
    folders = (options or {}).get("folders")
    if folders is not None:
        found = list(_listed_folders(root, folders, labels))
    else:
        found = [DataFile(path.name, path)] if path.is_file() else list(_walk(root))
    broken = [file for file in found if not file.path.is_file()]  # links that lead nowhere
    found = [file for file in found if file.path.is_file()] if broken else found
    label_files = tuple(file for file in found if file.path.name in LABEL_FILES)
    rest = [file for file in found if file.path.name not in LABEL_FILES]
    if chosen is not None:
        if path.is_file() and len(rest) == 1:
            claimed = rest  # named outright: try it whatever its suffix
        else:
            claimed = [file for file in rest if chosen.detect(file.path)]
    else:
        chosen, claimed = _most(rest, readers)
    if chosen is None or not claimed:
        raise _nothing(shown, path, rest, readers, reader)
    taken = {file.relative for file in claimed}
    ignored = tuple(file.relative for file in (*rest, *broken) if file.relative not in taken)
    if chosen.kind != "image":
        return Inventory(root, shown, chosen, tuple(claimed), label_files, ignored, labels)
    from edgewright.data.masks import sort_out

    if isinstance(folders, Mapping):
        beside = list(_masks_beside(root, folders))
        claimed += [file for file in beside if file.path.is_file() and chosen.detect(file.path)]
        ignored += tuple(file.relative for file in beside if not file.path.is_file())
    images, masks, lone = sort_out(claimed)
    if not images:
        raise DataError(
            f"{shown}: holds only masks of images", hint="name the folder above, which has the images too"
        )
    return Inventory(root, shown, chosen, images, label_files, ignored, labels, masks, lone)


def _image_list(path: Path, readers: Sequence[Reader], chosen: Reader | None, shown: str) -> Inventory | None:
    """The images that a CSV file lists; None where it is anything else."""
    reader = chosen or next((one for one in readers if one.kind == "image"), None)
    if not path.is_file() or reader is None or reader.kind != "image":
        return None
    from edgewright.data.image_list import lists_images, read_image_list

    if not lists_images(path, reader):
        return None
    listed = read_image_list(path)
    return Inventory(
        path.parent, shown, reader, tuple(DataFile(one.relative, one.path) for one in listed),
        (DataFile(path.name, path),), (), {},
        {one.relative: (DataFile(*one.mask),) for one in listed if one.mask is not None},
        listed={one.relative: one.facts for one in listed},
    )  # fmt: skip


def _walk(root: Path, prefix: str = "") -> Iterator[DataFile]:
    """Files below a folder in a fixed order; hidden ones, junk folders and links to what holds the folder left out.

    Raises DataError for names that no document could hold.
    """
    count = 0
    # A link to a folder above leads to what lies beside this one: abnormal images, say.
    above = [parent.stat() for parent in root.resolve().parents]
    seen = {(status.st_dev, status.st_ino) for status in above}
    for folder, names, files in os.walk(root, followlinks=True):
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            names.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        if "run.json" in files and "events.jsonl" in files:  # a run folder of ours, left inside the data
            names.clear()
            continue
        names[:] = sorted(n for n in names if not n.startswith(".") and n.lower() not in _JUNK_FOLDERS)
        for name in sorted(files):
            path = Path(folder, name)
            if name.startswith((".", "~$")) or not (path.is_file() or path.is_symlink()):
                continue
            count += 1
            relative = path.relative_to(root).as_posix()
            if not _is_text(relative):
                shown = f"{root}/{relative}".encode("utf-8", "backslashreplace").decode()
                raise DataError(f"{shown}: the name isn't UTF-8", hint="rename it; `convmv` does so for many")
            if count > MOST_FILES:
                raise DataError(
                    f"{root}: more than {MOST_FILES} files", hint="name a smaller folder in data.path"
                )
            yield DataFile(prefix + relative, path)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _listed_folders(root: Path, folders: object, labels: dict[str, str]) -> Iterator[DataFile]:
    """``folders: {label: folder or [folders]}``: files by label, wherever they lie."""
    if not isinstance(folders, Mapping) or not folders:
        raise DataError(f"data.options.folders: got {folders!r}", hint="write it as {label: folder, …}")
    for label, given in folders.items():
        for folder in _each(given):
            path = root / folder
            if not path.exists():
                raise DataError(f"data.options.folders: {folder}: there is no such file or folder")
            files: Iterable[DataFile] = [DataFile(path.name, path)] if path.is_file() else _walk(path)
            for file in files:
                named = DataFile(f"{label}/{file.relative}", file.path)
                labels[named.relative] = str(label)
                yield named


def _each(given: object) -> list[str]:
    """The folders of one label. Raises DataError for what names none."""
    folders = given if isinstance(given, list | tuple) else [given]
    if not all(isinstance(folder, str | Path | int) for folder in folders):
        raise DataError(
            f"data.options.folders: got {given!r} for a label", hint="write a folder, or a list of folders"
        )
    return [str(folder) for folder in folders]


def _masks_beside(root: Path, folders: Mapping[str, object]) -> Iterator[DataFile]:
    """Masks of such folders' images that lie beside the folders, by the label or the name of each."""
    from edgewright.data.masks import FOLDERS

    labels = {Path(folder).name: str(label) for label, given in folders.items() for folder in _each(given)}
    labels |= {str(label): str(label) for label in folders}
    homes = {(root / folder).resolve().parent for given in folders.values() for folder in _each(given)}
    for home in sorted(homes | {root.resolve()}):
        if not os.access(home, os.R_OK | os.X_OK):
            continue
        for folder in sorted(home.iterdir()):
            if plain(folder.name) not in FOLDERS or not folder.is_dir():
                continue
            for file in _walk(folder):
                first, slash, rest = file.relative.partition("/")
                if not slash:
                    yield DataFile(f"{folder.name}/{first}", file.path)
                elif first in labels:
                    yield DataFile(f"{folder.name}/{labels[first]}/{rest}", file.path)


def _most(files: Sequence[DataFile], readers: Sequence[Reader]) -> tuple[Reader | None, list[DataFile]]:
    """Give each file to the first reader that detects it; the reader with most files is the data set's."""
    claims: dict[str, list[DataFile]] = {}
    for file in files:
        for reader in readers:
            if reader.detect(file.path):
                claims.setdefault(reader.name, []).append(file)
                break
    if not claims:
        return None, []
    order = {reader.name: i for i, reader in enumerate(readers)}
    name = max(claims, key=lambda key: (len(claims[key]), -order[key]))
    return readers[order[name]], claims[name]


def _named(name: str, readers: Sequence[Reader]) -> Reader:
    by_name = {reader.name: reader for reader in readers}
    if name not in by_name:
        near = difflib.get_close_matches(name, by_name, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise DataError(
            f"data.reader: there is no reader {name!r}", hint=f"{hint}readers: {', '.join(sorted(by_name))}"
        )
    return by_name[name]


def _nothing(
    shown: str, path: Path, files: Sequence[DataFile], readers: Sequence[Reader], reader: str | None
) -> DataError:
    kinds = Counter(file.path.suffix.lower() or "(no suffix)" for file in files)
    found = ", ".join(f"{count} {suffix}" for suffix, count in kinds.most_common(5))
    what = f"the folder holds {found}" if found else "the folder is empty"
    if path.is_file():
        what = f"it is a {path.suffix or 'file without suffix'}"
    who = f"the reader {reader} knows" if reader else f"a reader knows ({', '.join(r.name for r in readers)})"
    return DataError(f"{shown}: there is no file that {who}; {what}", hint="see docs/data.md for the formats")

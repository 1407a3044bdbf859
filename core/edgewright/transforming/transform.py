"""Run a transform block over data: once, or once a file where the block takes one, and bring the results together."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from threading import Event
from typing import TYPE_CHECKING, Any

from edgewright.data.layout import LABEL_FILES
from edgewright.errors import TaskError, UsageError
from edgewright.runners.grants import NO_GRANTS
from edgewright.scratch import scratch_folder
from edgewright.transforming.labels import (
    METADATA_FILE,
    Entry,
    checks_of,
    entries_of,
    read_metadata,
    with_metadata,
    write_entries,
)
from edgewright.trees import iter_files, remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgewright.registry import Block
    from edgewright.runners.base import Limits, OnMessage, Prepared, Runner
    from edgewright.runners.grants import Grants


@dataclass(frozen=True)
class Options:
    """How to transform, beside the block's own parameters.

    Attributes
    ----------
    only : str
        Of a block that takes single files: which, by a pattern over paths below the data folder.
    label, category : str, optional
        What the new data are, where nothing else says it; a block of Edge Impulse's is told.
    arguments : tuple of str
        More words for the command line of a block of Edge Impulse's.
    keep_going : bool
        Go on with the other files after a failure.
    jobs : int
        How many files at once; 0 is one a core.
    """

    only: str = "*"
    label: str | None = None
    category: str | None = None
    arguments: tuple[str, ...] = ()
    keep_going: bool = False
    jobs: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Transformed:
    """What came of it.

    ``failed``: what the block was run on, and why it failed there (only with ``keep_going``). ``log``: the end of the
    last run's log.
    """

    files: int
    runs: int
    failed: tuple[tuple[str, str], ...] = ()
    checks: Mapping[str, bool] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    log: str = ""


@dataclass(frozen=True)
class _Piece:
    """One run of the block: on a whole folder (`file` empty), on one file of it, or on nothing."""

    source: Path | None
    file: str = ""

    @property
    def shown(self) -> str:
        return self.file or (str(self.source) if self.source else "no data")


def transform(
    runner: Runner,
    prepared: Prepared,
    source: Path | None,
    out: Path,
    params: Mapping[str, Any],
    *,
    options: Options | None = None,
    limits: Limits | None = None,
    grants: Grants = NO_GRANTS,
    cancel: Event | None = None,
    on_message: OnMessage = lambda _message: None,
    on_done: Callable[[int, int], None] = lambda _done, _total: None,
) -> Transformed:
    """Make data by a transform block.

    Parameters
    ----------
    source : Path or None
        A data folder (or one file of data), only read; None for a block that makes data of nothing.
    out : Path
        A new or empty folder. It appears when all is done; a failure leaves nothing behind.
    params : mapping
        Complete and typed.

    Raises
    ------
    UsageError
        The block is of another type, takes data and is given none, or `out` holds something.
    TaskError
        The block failed; its message names the file.
    """
    options = options or Options()
    cancel = cancel or Event()
    block = prepared.block
    pieces = _pieces(block, source, options)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder", hint="give a new or an empty folder")
    known = entries_of(source) if source is not None and source.is_dir() else {}
    out.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder("transform", out.parent) as work:
        built = _Built(work / "data", known, options)
        failed: list[tuple[str, str]] = []
        with ThreadPoolExecutor(options.jobs or os.cpu_count() or 1) as pool:
            runs = [
                pool.submit(
                    _run, runner, prepared, piece, work / str(number), params, options,
                    known.get(piece.file, {}).get("metadata", {}), limits, grants, cancel, on_message,
                )
                for number, piece in enumerate(pieces)
            ]  # fmt: skip
            try:
                for number, (piece, run) in enumerate(zip(pieces, runs, strict=True)):
                    try:
                        built.take(piece, run.result())
                    except TaskError as error:
                        if piece.file and not error.message.startswith(piece.file):
                            error.message = f"{piece.file}: {error.message}"
                        if not options.keep_going or error.reason == "cancelled":
                            raise
                        failed.append((piece.shown, f"{error.reason}: {error.message}"))
                    remove_tree(work / str(number))
                    on_done(number + 1, len(pieces))
            except BaseException:
                cancel.set()
                pool.shutdown(cancel_futures=True)
                raise
        built.finish()
        if out.exists():
            out.rmdir()
        (work / "data").rename(out)
    return Transformed(
        built.files, len(pieces), tuple(failed), built.checks, built.metrics, tuple(built.warnings), built.log
    )


def _pieces(block: Block, source: Path | None, options: Options) -> list[_Piece]:
    """What the block is run on.

    Raises
    ------
    UsageError
        Nothing, or not what it takes.
    """
    from edgewright.contracts import contract_of
    from edgewright.contracts.transformation import FILE, STANDALONE, works_on

    if block.type != "transform":
        raise UsageError(
            f"{block.name} is a {block.type} block, not one that transforms data",
            hint="a folder of Edge Impulse's that doesn't say what it is: --type transform",
        )
    refusal = contract_of(block).refusal(block, "apply")
    if refusal is not None:
        raise UsageError(refusal)
    if source is not None and not source.exists():
        raise UsageError(f"{source}: there is no such file or folder")
    kind = works_on(block) if block.spec.legacy else None
    if source is None:
        if kind is None or kind == STANDALONE:
            return [_Piece(None)]
        raise UsageError(f"{block.name} works on a {kind}", hint="name a data folder after the block")
    if kind != FILE:
        return [_Piece(source)]
    root = source if source.is_dir() else source.parent
    names = [name for name, _ in iter_files(source)] if source.is_dir() else [source.name]
    chosen = [name for name in names if _is_data(name) and fnmatch(name, options.only)]
    if not chosen:
        raise UsageError(
            f"{source}: no file to work on" + (f" that fits {options.only!r}" if options.only != "*" else "")
        )
    return [_Piece(root, name) for name in chosen]


def _is_data(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[-1] not in LABEL_FILES and not any(part.startswith(".") for part in parts)


def _run(
    runner: Runner,
    prepared: Prepared,
    piece: _Piece,
    work: Path,
    params: Mapping[str, Any],
    options: Options,
    metadata: Mapping[str, Any],
    limits: Limits | None,
    grants: Grants,
    cancel: Event,
    on_message: OnMessage,
) -> Any:
    """Run the block once; its results lie below `work`."""
    from edgewright.request_folder import put_path, put_request
    from edgewright.single import run_once

    request = work / "in"
    request.mkdir(parents=True)
    inputs = {}
    if piece.source is not None:
        data = piece.source
        if piece.file or data.is_file():  # a folder of its own for one file
            file = piece.file or data.name
            root = data if data.is_dir() else data.parent
            data = work / "one"
            (data / file).parent.mkdir(parents=True)
            shutil.copyfile(root / file, data / file)
        inputs["data"] = put_path(request, "data", data)
    told: dict[str, Any] = {}
    if prepared.block.spec.legacy:
        told = {"file": piece.file, "metadata": dict(metadata), "arguments": list(options.arguments)}
        if options.label is not None or options.category is not None:
            told["upload"] = {"category": options.category or "split", "label": options.label}
    put_request(request, "apply", params, inputs=inputs, seed=options.seed, options=told)
    return run_once(
        runner,
        prepared,
        request,
        work,
        operation="apply",
        limits=limits,
        grants=grants,
        cancel=cancel,
        on_message=on_message,
    )


class _Built:
    """The new data folder while it grows, and what is known of its files."""

    def __init__(self, folder: Path, known: Mapping[str, Entry], options: Options) -> None:
        folder.mkdir()
        self.files = 0
        self.checks: dict[str, bool] = {}
        self.metrics: dict[str, float] = {}
        self.warnings: list[str] = []
        self.log = ""
        self._folder = folder
        self._known = known
        self._options = options
        self._origins: dict[str, str] = {}
        self._entries: dict[str, Entry] = {}

    def take(self, piece: _Piece, finished: Any) -> None:
        """Take the results of one run in.

        Raises
        ------
        TaskError
            Two runs wrote files of one name.
        """
        source: Path = finished.outputs["data"]
        parent = PurePosixPath(piece.file).parent
        own = entries_of(source)
        said = None
        if (source / METADATA_FILE).is_file():
            said = read_metadata(source / METADATA_FILE, piece.shown)
            for name, passed in checks_of(said["metadata"]).items():
                self.checks[name] = self.checks.get(name, True) and passed
        names = [name for name, _ in iter_files(source)]
        written = [
            name for name in names if name != METADATA_FILE and PurePosixPath(name).name != LABEL_FILES[0]
        ]
        # Metadata of files go with them; of nothing written they are themselves the result.
        for name in written or [name for name in names if name == METADATA_FILE]:
            place = (parent / name).as_posix()
            if place.casefold() in self._origins:
                raise TaskError(
                    piece.shown,
                    "bad_output",
                    f"it wrote {place}, which {self._origins[place.casefold()]} wrote too",
                )
            self._origins[place.casefold()] = piece.shown
            target = self._folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target)
            if name in written:
                self.files += 1
                self._describe(place, piece, own.get(name), said)
        self.metrics.update(finished.metrics)
        self.log = finished.log
        where = f"{piece.file}: " if piece.file else ""
        self.warnings += [f"{where}{warning}" for warning in finished.warnings]

    def finish(self) -> None:
        """Write down what is known of the files."""
        write_entries(self._folder, self._entries.values())

    def _describe(self, place: str, piece: _Piece, own: Entry | None, said: Entry | None) -> None:
        """An entry for a file: what its block says of it, else what was known of the file that it was made of.

        Of a whole folder a file was made of the one of the same name.
        """
        entry = dict(own if own is not None else self._known.get(piece.file or place, {}))
        if self._options.label is not None:
            entry.setdefault("label", {"type": "label", "label": self._options.label})
        if self._options.category is not None:
            entry.setdefault("category", self._options.category)
        if said is not None:
            entry["metadata"] = with_metadata(entry.get("metadata") or {}, said)
        if entry:
            self._entries[place] = {**entry, "path": place}

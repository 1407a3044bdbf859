"""Takes a block's outputs: list, check, copy while hashing, check what was copied."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, Literal

from edgewright.errors import StoreError
from edgewright.harvest.errors import bad
from edgewright.harvest.npy import Header, HeaderError, first_not_finite, read_header
from edgewright.harvest.result import (
    MAX_JSON_BYTES,
    MAX_RESULT_BYTES,
    Claimed,
    check_claims,
    parse_json,
    parse_result,
)
from edgewright.harvest.scan import Found, Inventory, open_folder, open_found, scan, with_carried
from edgewright.store.entry import StoredOutput, folder_digest
from edgewright.terminal import printable_line
from edgewright_specs.interface import RESULT_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from edgewright.runners.base import Limits
    from edgewright_specs.interface import OutputRule

CHUNK: Final = 1 << 20
SHOWN_STRAYS: Final = 5


@dataclass(frozen=True)
class Harvested:
    """Checked outputs, now in the staging folder, read-only and ours; ``strays`` are files that none of them names."""

    outputs: dict[str, StoredOutput]
    metrics: dict[str, float]
    warnings: tuple[str, ...]
    strays: tuple[str, ...] = ()


def harvest(
    out_dir: Path,
    staged: Path,
    rules: Mapping[str, OutputRule],
    limits: Limits,
    *,
    undeclared: Literal["warn", "error"] = "warn",
    carried: Mapping[str, bytes] | None = None,
) -> Harvested:
    """Copy the outputs of a block from ``out_dir`` to ``staged``.

    A cold block is dead by then; a warm one lives on. So nothing here trusts that the folder stands still: what is
    checked is the copy.

    Parameters
    ----------
    out_dir
        The block's ``/out``.
    staged
        An empty folder of ours (:meth:`edgewright.store.Store.staging`).
    rules
        From :func:`edgewright.harvest.output_rules`.
    limits
        ``out_bytes`` and ``out_files`` count.
    undeclared
        Whether files that no output names are a warning or an error.
    carried
        Files that came with the answer of a warm block, by name: taken as if they lay in `out_dir`.

    Raises
    ------
    HarvestError
        ``bad_output`` or ``limit``, with what and where. ``staged`` may then hold part of the outputs.
    """
    place = os.fspath(staged)  # joined as text: pathlib would take a tenth of a warm answer
    with contextlib.ExitStack() as stack:
        try:
            root = stack.enter_context(open_folder(out_dir))
        except OSError as error:
            raise bad(f"the output folder can't be opened: {error.strerror}") from None
        inventory = with_carried(scan(root, limits), carried, limits)
        claims = parse_result(_read(root, inventory, RESULT_FILE, MAX_RESULT_BYTES))
        check_claims(claims, rules)
        outputs = {
            name: _take(root, inventory, place, name, claimed, rules[name])
            for name, claimed in claims.outputs.items()
        }
    taken = {path for output in outputs.values() for path in output.all_files()} | {RESULT_FILE}
    strays = sorted(set(inventory.files) - taken)
    warnings = claims.warnings
    if strays:
        shown = ", ".join(printable_line(path, 80) for path in strays[:SHOWN_STRAYS])
        more = f" and {len(strays) - SHOWN_STRAYS} more" if len(strays) > SHOWN_STRAYS else ""
        text = f"files that no output names were left behind: {shown}{more}"
        if undeclared == "error":
            raise bad(text)
        warnings = (*warnings, text)
    return Harvested(outputs, dict(claims.metrics), warnings, tuple(strays))


def harvest_folder(out_dir: Path, staged: Path, name: str, limits: Limits) -> Harvested:
    """Copy everything that a block left in ``out_dir`` to ``staged/name``, as one output of that name.

    For contracts without a ``result.json``. The same suspicion holds: regular files only, within the limits. Whether
    an empty folder is a result is the contract's to say.

    Raises
    ------
    HarvestError
        ``bad_output`` or ``limit``.
    """
    target = staged / name
    target.mkdir()
    try:
        with open_folder(out_dir) as root:
            inventory = scan(root, limits)
            files = {
                path: _copy(root, inventory, found, os.fspath(target))[0]
                for path, found in sorted(inventory.files.items())
            }
    except OSError as error:
        raise bad(f"the output folder can't be read: {error.strerror}") from None
    return Harvested({name: StoredOutput("folder", name, folder_digest(files), files=files)}, {}, ())


def _take(
    root: int, inventory: Inventory, staged: str, name: str, claimed: Claimed, rule: OutputRule
) -> StoredOutput:
    where = f"output {name!r} ({printable_line(claimed.path, 80)})"
    if claimed.kind == "folder":
        if claimed.path not in inventory.folders:
            raise bad(f"{where} is not a folder that was written")
        prefix = claimed.path + "/"
        os.makedirs(f"{staged}/{claimed.path}", exist_ok=True)  # noqa: PTH103
        files = {
            path[len(prefix) :]: _copy(root, inventory, found, staged)[0]
            for path, found in sorted(inventory.files.items())
            if path.startswith(prefix)
        }
        if not files:
            raise bad(f"{where} is an empty folder")
        return StoredOutput("folder", claimed.path, folder_digest(files), files=files)
    found = inventory.files.get(claimed.path)
    if found is None:
        raise bad(f"{where} is not a file that was written")
    if claimed.kind == "json":
        data = _read(root, inventory, claimed.path, MAX_JSON_BYTES)
        parse_json(data, where)
        _write(f"{staged}/{claimed.path}", [data])  # what was read: the file may change
        return StoredOutput("json", claimed.path, hashlib.sha256(data).hexdigest())
    digest, content = _copy(root, inventory, found, staged)
    with io.BytesIO(content) if content is not None else open(f"{staged}/{claimed.path}", "rb") as copied:  # noqa: PTH123
        header = _check_array(copied, found.size, where, claimed, rule)
    return StoredOutput("array", claimed.path, digest, dtype=header.dtype, shape=header.shape)


def _check_array(copied: IO[bytes], size: int, where: str, claimed: Claimed, rule: OutputRule) -> Header:
    try:
        header = read_header(copied, size)
    except HeaderError as error:
        raise bad(f"{where} {error}") from None
    if header.dtype != claimed.dtype or header.shape != claimed.shape:
        raise bad(
            f"{where} is {header.dtype} {header.shape}, "
            f"but {RESULT_FILE} says {printable_line(str(claimed.dtype), 40)} {claimed.shape}"
        )
    dtypes, rank, shape = rule.get("dtypes"), rule.get("rank"), rule.get("shape")
    if dtypes and header.dtype not in dtypes:
        raise bad(f"{where} has dtype {header.dtype}, allowed: {', '.join(dtypes)}")
    if rank is not None and len(header.shape) != rank:
        raise bad(f"{where} has {len(header.shape)} dimensions {header.shape}, needed are {rank}")
    if shape is not None and not _fits(header.shape, shape):
        wanted = ", ".join("any" if dim is None else str(dim) for dim in shape)
        raise bad(f"{where} has the shape {header.shape}, needed is ({wanted})")
    if rule.get("finite", True):
        index = first_not_finite(copied, header)
        if index is not None:
            raise bad(f"{where} holds NaN or infinity at index {index}")
    return header


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(b is None or a == b for a, b in zip(shape, wanted, strict=True))


def _read(root: int, inventory: Inventory, path: str, cap: int) -> bytes:
    found = inventory.files.get(path)
    if found is None:
        raise bad(f"{path} was not written")
    if found.size > cap:
        raise bad(f"{path} is larger than {cap} bytes")
    if path in inventory.carried:
        return inventory.carried[path]
    fd = open_found(root, found)
    try:
        return os.read(fd, found.size)
    finally:
        os.close(fd)


def _copy(root: int, inventory: Inventory, found: Found, staged: str) -> tuple[str, bytes | None]:
    """Copy one listed file to the same path below ``staged``.

    Returns
    -------
    str
        Its sha256.
    bytes or None
        What was copied, where it came in one piece.
    """
    target = f"{staged}/{found.path}"
    if (content := inventory.carried.get(found.path)) is not None:
        _write(target, [content])
        return hashlib.sha256(content).hexdigest(), content
    digest = hashlib.sha256()
    first = b""

    def pieces() -> Iterator[bytes]:
        nonlocal first
        left = found.size
        try:
            # One byte beyond the listed size is asked for, so that a file that grew is noticed.
            while left >= 0 and (block := os.read(fd, min(CHUNK, left + 1))):
                left -= len(block)
                first = first or block
                digest.update(block)
                yield block
        except OSError as error:
            raise bad(f"{printable_line(found.path, 80)} can't be read: {error.strerror}") from None
        if left:
            raise bad(f"{printable_line(found.path, 80)} changed while it was harvested")

    fd = open_found(root, found)
    try:
        _write(target, pieces())
    finally:
        os.close(fd)
    return digest.hexdigest(), first if len(first) == found.size else None


def _write(target: str, pieces: Iterable[bytes]) -> None:
    """Make a file of ours (mode 0444). Failing to is the store's error, not the block's."""
    try:
        fd = _create(target)
        try:
            for piece in pieces:
                view = memoryview(piece)
                while view:  # a write may be short
                    view = view[os.write(fd, view) :]
            os.fchmod(fd, 0o444)
        finally:
            os.close(fd)
    except OSError as error:
        raise StoreError(
            f"can't write {target}: {error.strerror}",
            hint="free some space or set EDGEWRIGHT_STORE to another disk",
        ) from error


def _create(target: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(target, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(target))  # noqa: PTH103, PTH120 - as in every warm answer
        return os.open(target, flags, 0o600)

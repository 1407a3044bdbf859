"""A block's folder out of a stranger's image: whatever the archive holds, nothing lands outside the target."""

from __future__ import annotations

import contextlib
import io
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgewright.errors import UsageError
from edgewright.sharing import unpack
from edgewright.sharing.registry import SharingError
from edgewright.sharing.unpack import unpack_block

SPEC = ("block/parameters.json", {"content": b"{}"})


def archive(*members: tuple[str, dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, facts in members:
            entry = tarfile.TarInfo(name)
            content = facts.get("content", b"")
            entry.size = len(content)
            entry.mode = facts.get("mode", 0o644)
            entry.type = facts.get("type", tarfile.REGTYPE)
            entry.linkname = facts.get("link", "")
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let an image hold these bytes."""

    def give(data: bytes) -> None:
        @contextlib.contextmanager
        def stream(_image: str) -> Iterator[io.BytesIO]:
            yield io.BytesIO(data)

        monkeypatch.setattr(unpack, "_archive", stream)

    return give


def test_a_folder_is_written_with_modes_of_ours(given: Any, tmp_path: Path) -> None:
    given(
        archive(
            ("block", {"type": tarfile.DIRTYPE}),
            SPEC,
            ("block/device", {"type": tarfile.DIRTYPE, "mode": 0}),
            ("block/device/a.cpp", {"content": b"int a;", "mode": 0o666}),
            ("block/run.sh", {"content": b"#!/bin/sh\n", "mode": 0o4777}),
            ("block/.hidden", {"content": b"h"}),
        )
    )
    target = tmp_path / "new" / "folder"
    assert unpack_block("image", target) == [".hidden", "device/a.cpp", "parameters.json", "run.sh"]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in target.rglob("*") if path.is_file()}
    assert modes == {".hidden": 0o644, "a.cpp": 0o644, "parameters.json": 0o644, "run.sh": 0o755}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("block/../../evil", {"content": b"x"})], "outside of the block"),
        ([("/etc/passwd", {"content": b"x"})], "outside of the block"),
        ([("other/file", {"content": b"x"})], "outside of the block"),
        ([("block/link", {"type": tarfile.SYMTYPE, "link": "/etc/passwd"})], "a link or a device"),
        ([("block/link", {"type": tarfile.LNKTYPE, "link": "block/parameters.json"})], "a link or a device"),
        ([("block/pipe", {"type": tarfile.FIFOTYPE})], "a link or a device"),
        ([("block/disk", {"type": tarfile.BLKTYPE})], "a link or a device"),
        ([("block", {"content": b"x"})], "is no folder"),
        ([("block/a\x1b[2J", {"content": b"x"})], "control character"),
        ([("block/-rf", {"content": b"x"})], "starts with '-'"),
        ([("block/CON", {"content": b"x"})], "reserved"),
        ([("block/a", {"content": b"x"}), ("block/A", {"content": b"x"})], "differ only in case"),
        ([("block/a", {"content": b"x"}), ("block/a", {"content": b"y"})], "twice"),
        ([("block/a", {"content": b"x"}), ("block/a/b", {"content": b"y"})], "both a file and a folder"),
        ([("block/" + "d/" * 40 + "x", {"content": b"x"})], "deeper"),
        ([(f"block/{number}", {"content": b"x"}) for number in range(12)], "more than 10 files"),
        ([("block/big", {"content": b"x" * 5000})], "MiB"),
    ],
)
def test_what_is_no_plain_folder_is_refused_and_leaves_nothing(
    given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members: Any, message: str
) -> None:
    monkeypatch.setattr(unpack, "MAX_FILES", 10)
    monkeypatch.setattr(unpack, "MAX_BYTES", 4000)
    given(archive(SPEC, *members))
    with pytest.raises(SharingError, match=message):
        unpack_block("image", tmp_path / "target")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"no archive" * 100, archive(SPEC)[:300]])
def test_a_broken_archive_is_said(given: Any, tmp_path: Path, data: bytes) -> None:
    given(data)
    with pytest.raises((SharingError, UsageError)):
        unpack_block("image", tmp_path / "target")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_in_use_is_left_alone(given: Any, tmp_path: Path) -> None:
    given(archive(SPEC))
    (tmp_path / "mine").write_text("x")
    with pytest.raises(UsageError, match="not an empty folder"):
        unpack_block("image", tmp_path)
    with pytest.raises(UsageError, match="not an empty folder"):
        unpack_block("image", tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "x"

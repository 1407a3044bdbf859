"""``edgewright.trees``: what a block left goes, and nothing that a link leads to."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from edgewright import trees

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_is_emptied_and_stays(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"1")
    (tmp_path / "a").chmod(0)
    (tmp_path / "file").write_bytes(b"1")
    trees.empty_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="overlays are Linux's")
def test_folders_that_cannot_be_moved_are_removed_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b" / "c" / "d").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"1")

    def stays(*_: Any, **__: Any) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "rename", stays)
    trees.remove_tree(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    not hasattr(os, "O_PATH"), reason="this system can't open a folder without its permissions"
)
def test_a_link_that_takes_a_folders_place_changes_no_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, left = tmp_path / "victim", tmp_path / "left"
    victim.mkdir(0o755)
    (left / "below").mkdir(parents=True)
    (left / "below").chmod(0)
    looked_at = os.lstat

    def swap(path: Any, **about: Any) -> os.stat_result:
        found = looked_at(path, **about)
        if path == "below":
            (left / "below").rmdir()
            (left / "below").symlink_to(victim)
        return found

    monkeypatch.setattr(os, "lstat", swap)
    with pytest.raises(OSError, match="below"):
        trees.remove_tree(left)
    assert victim.stat().st_mode & 0o777 == 0o755

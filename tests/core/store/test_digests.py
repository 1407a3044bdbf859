"""Hashing a file that others borrow or change."""

from __future__ import annotations

import hashlib
import os
import threading
from typing import TYPE_CHECKING

import pytest

from edgewright.store import digests

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_linked_and_unlinked_meanwhile_is_hashed(tmp_path: Path) -> None:
    path = tmp_path / "left.npy"
    path.write_bytes(os.urandom(1 << 20))
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    over = threading.Event()

    def borrow() -> None:
        while not over.is_set():
            os.link(path, tmp_path / "lent")
            (tmp_path / "lent").unlink()

    thread = threading.Thread(target=borrow)
    thread.start()
    try:
        assert {digests.hash_file(path)[0] for _ in range(50)} == {right}
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("size", [3, 4])
def test_a_file_written_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = tmp_path / "score.npy"
    path.write_bytes(b"abc")
    read = digests._hash_open

    def read_then_write(fd: int, length: int) -> str:
        digest = read(fd, length)
        path.write_bytes(b"x" * size)
        os.utime(path, ns=(0, length + size))
        return digest

    monkeypatch.setattr(digests, "_hash_open", read_then_write)
    with pytest.raises(OSError, match="changed while it was read"):
        digests.hash_file(path)

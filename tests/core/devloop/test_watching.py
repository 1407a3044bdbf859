"""What counts as a save."""

from __future__ import annotations

import os

from edgewright.devloop import Watched


def test_saves_are_seen_once(tmp_path):
    block = tmp_path / "block"
    (block / "device").mkdir(parents=True)
    (block / "block.py").write_text("a")
    (block / "device" / "b.cpp").write_text("b")
    sample = tmp_path / "sample.csv"
    sample.write_text("1")
    page = block / "out.html"
    watched = Watched(block, [sample], [page])
    assert watched.changed() == []

    (block / "device" / "b.cpp").write_text("bb")
    assert watched.changed() == ["device/b.cpp"]
    assert watched.changed() == []
    sample.write_text("22")
    assert watched.changed() == [str(sample)]
    (block / "new.py").write_text("")
    (block / "block.py").unlink()
    assert watched.changed() == ["block.py", "new.py"]


def test_what_is_not_the_blocks_does_not_count(tmp_path):
    watched = Watched(tmp_path, ignored=[tmp_path / "out.html"])
    for name in ("out.html", ".block.py.swp", "block.py~", "__pycache__/block.pyc", ".git/index", "x.pyc"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert watched.changed() == []


def test_a_replaced_file_of_the_same_size(tmp_path):
    (tmp_path / "block.py").write_text("a")
    watched = Watched(tmp_path)
    (tmp_path / "temporary").write_text("b")
    (tmp_path / "temporary").replace(tmp_path / "block.py")
    os.utime(tmp_path / "block.py", ns=(1, 1))
    assert watched.changed() == ["block.py"]


def test_a_folder_that_goes(tmp_path):
    folder = tmp_path / "block"
    folder.mkdir()
    (folder / "block.py").write_text("a")
    watched = Watched(folder)
    (folder / "block.py").unlink()
    folder.rmdir()
    assert watched.changed() == ["block.py"]

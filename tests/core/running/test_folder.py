"""What a run folder's writing says when the disk does not take it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.errors import EdgewrightError
from edgewright.running.folder import writing
from edgewright.running.record import write_json


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_of_the_folder(tmp_path: Path) -> None:
    message = r"run: can't be written: No space left.*\n.*free some space"
    with pytest.raises(EdgewrightError, match=message) as error, writing(tmp_path / "run"):
        Path("/dev/full").write_text("x")
    assert error.value.exit_code == 1


def test_another_refusal_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgewrightError, match="file/x: can't be written: Not a directory"), writing(tmp_path):
        (tmp_path / "file" / "x").write_text("")


def test_json_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()
    with pytest.raises(OSError, match=r"run\.json"):
        write_json(tmp_path / "run.json", {"a": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]

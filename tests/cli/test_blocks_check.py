"""`blocks check` and `blocks readme` at the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

LEVEL = Path(__file__).parents[1] / "core" / "conformance" / "level"


@pytest.fixture
def level(tmp_path):
    return shutil.copytree(LEVEL, tmp_path / "level", ignore=shutil.ignore_patterns("__pycache__", "device"))


def test_a_table_is_written_once_and_found_stale(cli, level):
    assert cli("blocks", "readme", level, "--check").code == 1
    assert cli("blocks", "check", level, "--only", "readme").out.splitlines()[2].strip() == (
        "README.md has no parameter table: `edgewright blocks readme` adds one"
    )
    assert cli("blocks", "readme", level).out == f"{level}/README.md: written\n"
    written = (level / "README.md").read_text()
    assert written.startswith("# Level\n\nOne number an axis.\n\n## Parameters\n")
    assert "| `power` | `1` | integer 1…3 | What absolute samples are raised to. |" in written
    assert cli("blocks", "readme", level, "--check").code == 0
    (level / "README.md").write_text(written.replace("1…3", "1…4"))
    stale = cli("blocks", "check", level, "--only", "readme")
    assert stale.code == 1
    assert f"→ edgewright blocks readme {level}" in stale.out
    fixed = cli("blocks", "check", level, "--only", "readme", "--fix-readme")
    assert (fixed.code, (level / "README.md").read_text()) == (0, written)


def test_files_of_others_are_left_alone(cli, tmp_path):
    folder = tmp_path / "foreign"
    folder.mkdir()
    (folder / "parameters.json").write_text('{"version": 1, "type": "dsp", "info": {}, "parameters": []}')
    refused = cli("blocks", "readme", folder)
    assert refused.code == 2
    assert "has no `edgewright` object in its parameters.json" in refused.err
    assert sorted(path.name for path in folder.iterdir()) == ["parameters.json"]


def test_a_failed_check_is_a_document_with_a_remedy(cli, level):
    text = (level / "block.py").read_text()
    (level / "block.py").write_text(text.replace("return Features(levels", "return Features(undefined"))
    result = cli("blocks", "check", level, "--no-docker", "--only", "defaults", "--only", "batch", "--json")
    assert result.code == 1
    document = result.json()
    assert (document["block"], document["failed"], document["skipped"]) == ("level", 1, 1)
    defaults, batch = document["checks"]
    assert "NameError: name 'undefined' is not defined" in defaults["message"]
    assert "traceback names the line" in defaults["remedy"]
    assert (batch["because"], batch["message"]) == ("defaults", "not checked, for want of `defaults`")


def test_checks_that_there_are_not_are_refused(cli, level):
    for option in ("--only", "--skip"):
        refused = cli("blocks", "check", level, option, "efect")
        assert refused.code == 2
        assert "no check 'efect'" in refused.err
        assert "effect" in refused.err
    assert "effect" not in cli("blocks", "check", level, "--only", "effect", "--skip", "effect").out

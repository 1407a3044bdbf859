"""``docs/authoring.md``: its tutorial is carried out in an empty folder, and its lists are those of the code."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.blocks_init import KINDS
from edgewright.cli.blocks import COMMANDS
from edgewright.conformance import checks_for

PAGE = (Path(__file__).parents[2] / "docs" / "authoring.md").read_text(encoding="utf-8")
TUTORIAL, REFERENCE = PAGE.split("\n## Reference\n")


def steps():
    """Files to write, ``(path, text)``, and commands, ``(None, line)``, in the page's order."""
    for language, path, body in re.findall(
        r"^```(\w+)(?: (\S+))?\n(.*?)^```", TUTORIAL, re.MULTILINE | re.DOTALL
    ):
        if path:
            yield path, body
        elif language == "sh":
            yield from ((None, line) for line in body.splitlines())


@pytest.mark.slow  # a whole run
@pytest.mark.timeout(900)
def test_the_tutorial_goes_as_written(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")
    said = {}
    for path, text in steps():
        if path is not None:
            target = Path(path)
            assert target.exists() or target.parent == Path() or target.parent.is_dir()
            target.write_text(text, encoding="utf-8")
            continue
        words = shlex.split(text)
        if words[0] == "python":
            subprocess.run([sys.executable, *words[1:]], check=True)
            continue
        loop = words[:3] == ["edgewright", "blocks", "dev"]
        result = cli(*words[1:], *(["--once"] if loop else []))
        assert result.code == 0, f"$ {text}\n{result.out}{result.err}"
        said[" ".join(words[:3])] = result.out + result.err
    again = cli("blocks", "dev", "roughness", "--once")
    assert "accX Roughness" in again.out
    assert "FAILED" not in said["edgewright blocks check"]
    assert "C++ gives what Python gives" in said["edgewright blocks check"]
    assert "decisions: as Python's" in said["edgewright deploy runs/latest"]
    assert list(Path("library").rglob("roughness.cpp"))


def test_the_tutorials_own_test_passes(tmp_path):
    for path, text in steps():
        if path is not None and path.startswith("roughness/"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "known_window", str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def rows(heading):
    section = REFERENCE.split(f"\n### {heading}\n")[1].split("\n### ")[0]
    return [row.split(" | ")[0] for row in section.splitlines() if row.startswith("| `")]


def test_every_check_is_in_the_reference():
    listed = [name for row in rows("The checks") for name in re.findall(r"`([\w-]+)`", row)]
    known = {check.name for kind in KINDS for check in checks_for(kind)}
    assert len(listed) == len(set(listed))
    assert set(listed) == known


def test_every_kind_and_option_is_in_the_reference(cli):
    named = " ".join(rows("A new block"))
    assert {kind for kind in KINDS if f"`{kind}`" in named} == set(KINDS)
    for command, heading in (("init", "A new block"), ("dev", "The loop")):
        options = set(re.findall(r"(?<![\w-])--[a-z-]+", cli("blocks", command, "--help").out)) - {
            "--help",
            "--json",
        }
        section = REFERENCE.split(f"\n### {heading}\n")[1].split("\n### ")[0]
        assert {option for option in options if option not in section} <= {"--param"}


def test_commands_that_the_page_names_exist(cli):
    for name in set(re.findall(r"edgewright blocks (\w+)", PAGE)):
        assert name in COMMANDS
    for name in set(re.findall(r"^edgewright (data \w+|\w+)", PAGE, re.MULTILINE)):
        assert cli(*name.split(), "--help").code == 0


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([\w./-]+\.md)(?:#[\w-]+)?\)", PAGE))))
def test_links_lead_somewhere(target):
    assert (Path(__file__).parents[2] / "docs" / target).is_file()

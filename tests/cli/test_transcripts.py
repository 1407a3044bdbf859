"""Transcripts: each ``*.txt`` here is a session as a user would see it.

A line ``$ edgewright …`` is run in an empty folder (``$ write FILE TEXT`` makes a file there); the lines below it are all that it
prints, stderr after stdout. ``…`` stands for anything within a line, a line ``…`` alone for any lines, and ``[exit N]`` for an exit
code other than 0.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

TRANSCRIPTS = sorted(Path(__file__).parent.glob("*.txt"))


def steps(text):
    """Give (command, expected output, exit code) of each step."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _newline, rest = part.partition("\n")
        code = re.search(r"^\[exit (\d+)\]\n", rest, re.MULTILINE)
        expected = rest if code is None else rest[: code.start()] + rest[code.end() :]
        yield command, expected.strip("\n"), int(code.group(1)) if code else 0


def pattern(expected):
    lines = [
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + "\n"
        for line in expected.splitlines()
    ]
    return re.compile("".join(lines))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=[path.stem for path in TRANSCRIPTS])
def test_a_session_goes_as_written(path, cli, tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")
    for command, expected, code in steps(path.read_text(encoding="utf-8")):
        words = shlex.split(command)
        if words[0] == "write":
            Path(words[1]).write_text(words[2].encode().decode("unicode_escape"), encoding="utf-8")
            continue
        assert words[0] == "edgewright"
        result = cli(*words[1:])
        shown = (result.out + result.err).rstrip("\n")
        assert pattern(expected).fullmatch(shown + "\n" if shown else ""), f"$ {command}\n{shown}"
        assert result.code == code


def test_there_are_transcripts():
    assert len(TRANSCRIPTS) >= 2

"""The observer tells every deed that it is for, once and with its line, and none that a task may do."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from .conftest import ROOT

BLOCK = """
import contextlib, os, pathlib, shutil, socket, sqlite3, subprocess, tempfile
import numpy as np
from edgewright_sdk import Features, ProcessingBlock

ELSEWHERE = pathlib.Path(%r)


class Deeds(ProcessingBlock):
    def transform(self, windows, params):
        with contextlib.suppress(OSError):
            DEEDS
        return Features(windows.values.mean(axis=1), ["a", "b"])
"""
ALLOWED = {
    "temporary files": "with tempfile.TemporaryDirectory() as d: np.save(d + '/x.npy', np.zeros(3)); shutil.copytree(d, d + '2'); shutil.rmtree(d + '2')",
    "the home folder": "pathlib.Path.home().joinpath('.cache').mkdir(); pathlib.Path.home().joinpath('.cache/x').touch()",
    "devices": "open(os.devnull, 'w').write('x')",
    "reading": "(ELSEWHERE / 'there.txt').read_text(); os.listdir(ELSEWHERE); os.stat(ELSEWHERE)",
    "a server of its own": "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()).close(); s.close()",
    "Unix sockets": "socket.socketpair()[0].close(); socket.socket(socket.AF_UNIX).connect('/nowhere')",
    "its own name": "socket.gethostname(); socket.getaddrinfo('localhost', 80)",
}  # fmt: skip
TOLD = {
    "a new file": ("(ELSEWHERE / 'new').write_text('')", "write", "new"),
    "appending": ("open(ELSEWHERE / 'there.txt', 'a').close()", "write", "there.txt"),
    "a descriptor": ("os.close(os.open(ELSEWHERE / 'new', os.O_CREAT | os.O_WRONLY))", "write", "new"),
    "a memory map": ("np.memmap(ELSEWHERE / 'new', np.uint8, 'w+', shape=3)", "write", "new"),
    "a folder": ("(ELSEWHERE / 'new').mkdir()", "write", "new"),
    "removing": ("(ELSEWHERE / 'there.txt').unlink()", "write", "there.txt"),
    "removing by its folder's descriptor": ("os.unlink('there.txt', dir_fd=os.open(ELSEWHERE, os.O_RDONLY))", "write", "there.txt"),
    "renaming away": ("os.rename(ELSEWHERE / 'there.txt', tempfile.mkdtemp() + '/x')", "write", "there.txt"),
    "a link": ("(ELSEWHERE / 'new').symlink_to('/tmp')", "write", "new"),
    "a database": ("sqlite3.connect(ELSEWHERE / 'new').close()", "write", "new"),
    "the current folder": ("open('here.txt', 'w').close()", "write", "here.txt"),
    "through a link in the temporary folder": ("d = tempfile.mkdtemp(); os.symlink(ELSEWHERE, d + '/x'); open(d + '/x/new', 'w').close()", "write", "new"),
    "a neighbour of the output folder": ("open(os.environ['TMPDIR'] + 'x', 'w').close()", "write", "tmpx"),
    "a connection": ("socket.create_connection(('192.0.2.1', 80), timeout=0.01)", "network", "connects to 192.0.2.1:80"),
    "a connection to this machine": ("socket.create_connection(('127.0.0.1', 9), timeout=0.01)", "network", "connects to 127.0.0.1:9"),
    "a datagram": ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 53))", "network", "connects to 192.0.2.1:53"),
    "a name": ("socket.gethostbyname('model.invalid')", "network", "looks up model.invalid"),
    "listening": ("socket.create_server(('0.0.0.0', 0)).close()", "network", "listens at 0.0.0.0:0"),
    "a program": ("subprocess.run(['true'])", "program", "true"),
    "a shell": ("os.system('exit 0')", "program", "exit 0"),
}  # fmt: skip


@pytest.fixture
def deeds(folder, block, tmp_path):
    """What the observer tells of a block that does something, and the block's folder."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "there.txt").write_text("there")
    for name in ("home", "tmp"):
        (tmp_path / "work" / name).mkdir(parents=True)

    def observe(*lines):
        code = (BLOCK % str(elsewhere)).replace("DEEDS", "\n            ".join(lines))
        task = folder().windows(np.ones((2, 8, 2), np.float32)).request("transform")
        done = subprocess.run(
            [sys.executable, "-m", "edgewright_sdk.observe", str(tmp_path / "report"), str(block(code)),
             "--in", str(task.in_dir), "--out", str(task.out_dir)],
            capture_output=True, text=True, check=False,
            env={"PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("sdk", "specs")), "PATH": os.environ["PATH"],
                 "HOME": str(tmp_path / "work" / "home"), "TMPDIR": str(tmp_path / "work" / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert task.output("features").shape == (2, 2)
        report = tmp_path / "report"
        return [json.loads(line) for line in report.read_text().splitlines()]

    return observe


def test_what_a_task_may_do_is_not_told(deeds):
    assert deeds(*ALLOWED.values()) == []


def test_every_deed_is_told_once_with_its_line(deeds):
    told = deeds(*(f"with contextlib.suppress(OSError): {code}" for code, _, _ in TOLD.values()))
    found = [(deed["what"], deed["detail"].rpartition("/")[2] or deed["detail"]) for deed in told]
    assert len({(deed["what"], deed["detail"]) for deed in told}) == len(told)
    for name, (_code, what, detail) in TOLD.items():
        assert (what, detail) in found, name
    assert {what for what, _ in found} == {"write", "network", "program"}
    first = (BLOCK % "").splitlines().index("            DEEDS") + 1
    lines = [int(deed["where"].removeprefix("block.py:")) for deed in told]
    assert lines == sorted(lines)
    assert (lines[0], lines[-1]) == (first, first + len(TOLD) - 1)

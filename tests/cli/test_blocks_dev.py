"""``blocks dev``: once, and as a loop that answers to saves."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def mine(cli, tmp_path):
    assert cli("blocks", "init", "processing", tmp_path / "mine", "--yes").code == 0
    return tmp_path / "mine"


def change(folder, old, new, file="block.py"):
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_once(cli, mine, tmp_path):
    result = cli("blocks", "dev", mine, "--once", "--plot", tmp_path / "out.html", "-p", "span=false")
    assert result.code == 0, result.err
    assert "3 features of 8 windows" in result.out
    assert "accX Level" in result.out
    assert "accX Span" not in result.out
    assert "Scaled samples" in (tmp_path / "out.html").read_text()


def test_once_for_machines(cli, mine):
    document = cli("blocks", "dev", mine, "--once", "--json").json()
    assert document["status"] == "ok"
    assert len(document["columns"]) == len(document["values"][0]) == 6


def test_exit_codes_say_whose_fault_it_is(cli, mine, tmp_path):
    change(mine, "scaled = windows", "scaled = 1 / 0 + windows")
    failed = cli("blocks", "dev", mine, "--once", "--plot", tmp_path / "out.html")
    assert failed.code == 1
    assert "block.py:" in failed.out
    assert "ZeroDivisionError" in failed.out
    assert "ZeroDivisionError" in (tmp_path / "out.html").read_text()
    change(mine, '"boolean"', '"bool"', "parameters.json")
    assert cli("blocks", "dev", mine, "--once").code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--json"], "add --once"),
        (["--once", "--frequency", "-1"], "a positive number"),
        (["--once", "--sample", "{mine}/README.md"], "README.md"),
    ],
)
def test_wrong_options(cli, mine, arguments, message):
    result = cli("blocks", "dev", mine, *[word.format(mine=mine) for word in arguments])
    assert result.code == 2
    assert message in result.err


def test_a_learner_on_rows_of_a_file(cli, tmp_path):
    assert cli("blocks", "init", "learning", tmp_path / "odd", "--no-device").code == 0
    rows = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    rows[2] = 40
    np.save(tmp_path / "F.npy", rows)
    document = cli(
        "blocks", "dev", tmp_path / "odd", "--sample", tmp_path / "F.npy", "--once", "--json"
    ).json()
    assert document["columns"][0] == "score"
    scores = [row[0] for row in document["values"]]
    assert (len(scores), max(scores)) == (8, scores[2])


def test_a_detector_on_images_of_a_folder(cli, tmp_path):
    assert cli("blocks", "init", "learning", tmp_path / "spots", "--visual").code == 0
    random = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    for number in range(6):
        pixels = random.integers(100, 110, (16, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / f"{number}.png")
    result = cli("blocks", "dev", tmp_path / "spots", "--sample", tmp_path / "images", "--once")
    assert result.code == 0, result.out
    assert "2 values of 6 windows" in result.out
    assert "24×16×3" in result.out
    assert "largest of map 2×3" in result.out


class Loop:
    """The loop in a process of its own."""

    def __init__(self, arguments, environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edgewright", "blocks", "dev", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
            # Tests that a shell runs in the background ignore this signal, and what they start would too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        self.text, self.read = "", 0

    def until(self, text):
        deadline = time.monotonic() + 60
        while text not in self.text[self.read :]:
            ready = select.select([self.process.stdout], [], [], max(deadline - time.monotonic(), 0))[0]
            assert ready, f"{text!r} never came:\n{self.text}"
            data = self.process.stdout.read1()
            assert data, f"it ended:\n{self.text}"
            self.text += data.decode(errors="replace")
        self.read = self.text.index(text, self.read) + len(text)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        try:
            rest, _ = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()  # or its pipe would be the fault of whichever test comes next
            rest, _ = self.process.communicate()
        return self.process.returncode, rest.decode()


def test_each_save_is_answered(mine, tmp_path, environment):
    (tmp_path / "params.json").write_text(json.dumps({"span": False}))
    loop = Loop([str(mine), "--params", str(tmp_path / "params.json")], environment)
    try:
        loop.until("accZ Level")
        change(mine, "np.abs(scaled).mean", "2 * np.abs(scaled).mean")
        loop.until("block.py")
        loop.until("3 of 3 columns changed")
        change(mine, "scaled = windows", "scaled = oops + windows")
        loop.until("NameError: name 'oops' is not defined")
        change(mine, "oops + ", "")
        loop.until("nothing changed since the last run")
        (tmp_path / "params.json").write_text(json.dumps({"span": True}))
        loop.until("new: accX Span")
        change(mine, '"boolean"', '"bool"', "parameters.json")
        loop.until("parameters.json:")
    finally:
        code, rest = loop.end()
    assert (code, "Traceback" in rest) == (0, False)

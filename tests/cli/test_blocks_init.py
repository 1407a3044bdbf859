"""``blocks init``: what it writes, what it refuses, and its questions on a real terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgewright_specs.parameters import load_block_spec

VARIANTS = {
    "processing": ["processing"],
    "processing without device": ["processing", "--no-device"],
    "learning": ["learning"],
    "learning without device": ["learning", "--no-device"],
    "visual": ["learning", "--visual"],
    "deployment": ["deployment"],
    "transform": ["transform"],
}


@pytest.fixture
def made(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(kind, *flags, name="my_block"):
        result = cli("blocks", "init", kind, name, *flags)
        assert result.code == 0, result.err
        return tmp_path / name

    return make


@pytest.mark.parametrize("arguments", VARIANTS.values(), ids=list(VARIANTS))
def test_every_variant_passes_its_checks(made, cli, arguments):
    block = made(*arguments)
    # Without device code a block is otherwise the one with it.
    few = ["--only", "spec", "--only", "readme", "--only", "operations"] if "--no-device" in arguments else []
    result = cli("blocks", "check", block, "--no-docker", *few)
    assert result.code == 0, result.out + result.err
    assert "FAILED" not in result.out


@pytest.mark.parametrize("arguments", VARIANTS.values(), ids=list(VARIANTS))
def test_nothing_of_the_template_is_left(made, arguments):
    block = made(
        *arguments, "--title", 'The "best"', "--description", "Finds what is odd.", "--author", "Ann"
    )
    spec = load_block_spec(block)
    assert (spec.title, spec.description) == ('The "best"', "Finds what is odd.")
    section = json.loads((block / "parameters.json").read_text())
    assert (section["info"]["author"], section["info"]["name"]) == ("Ann", "my_block")
    texts = {path: path.read_text() for path in block.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    for path, text in texts.items():
        assert "emplate" not in text, path
        assert "[device" not in text, path
        assert "device]" not in text, path
    assert texts[block / "README.md"].startswith('# The "best"\n\nFinds what is odd.\n')
    device = (block / "device").is_dir()
    assert device == (
        "--no-device" not in arguments and arguments[0] in ("processing", "learning") and len(arguments) == 1
    )
    assert (
        device
        == ("def export" in texts[block / "block.py"])
        == ("export" in section["edgewright"]["operations"])
    )


def test_parameters_go_into_the_spec_and_the_readme(made):
    given = [
        "gain:float/0..10=1",
        "order:int=4",
        "mode:select/fast/exact=fast",
        "on:bool=yes",
        "tags:list=a,b",
        "note:text=a=b",
    ]
    block = made("processing", *[word for one in given for word in ("--param", one)])
    spec = load_block_spec(block)
    values = {parameter.key: spec.defaults[parameter.key] for parameter in spec.parameters[-6:]}
    assert values == {"gain": 1.0, "order": 4, "mode": "fast", "on": True, "tags": ["a", "b"], "note": "a=b"}
    assert '| `mode` | `"fast"` | fast, exact |' in (block / "README.md").read_text()


def test_a_new_parameter_without_effect_is_the_only_thing_checks_find(made, cli):
    block = made("learning", "--no-device", "--param", "depth:int/1..3=2")
    checks = cli(
        "blocks",
        "check",
        block,
        "--no-docker",
        "--only",
        "spec",
        "--only",
        "effect",
        "--only",
        "readme",
        "--json",
    )
    verdicts = {check["name"]: check for check in checks.json()["checks"]}
    assert {name: verdict["status"] for name, verdict in verdicts.items()} == {
        "spec": "passed", "effect": "failed", "readme": "passed",
    }  # fmt: skip
    assert "depth changes nothing" in verdicts["effect"]["message"]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["processing", "Über"], "'Über' can't be a block's name", "lower-case letters"),
        (["processing", "double"], "'double' can't be a block's name: it means something in C++", "double_block"),
        (["processing"], "the folder of the new block is missing", "blocks init processing my_block"),
        ([], "kind and folder of the new block are missing", "blocks init processing my_block"),
        (["processing", "a", "--visual"], "--visual with a processing block", "a learning block"),
        (["processing", "a", "--title", "a\nb"], "not one line of text", ""),
        (["processing", "a", "--param", "x"], "--param 'x': not NAME:TYPE=DEFAULT", "gain:float=1.0"),
        (["processing", "a", "--param", "x:flot=1"], "no type 'flot'", 'did you mean "float"?'),
        (["processing", "a", "--param", "x:int=1.5"], "'1.5' is no int", "NAME:TYPE=DEFAULT"),
        (["processing", "a", "--param", "x:boolean=2"], "'2' is neither true nor false", ""),
        (["processing", "a", "--param", "x:string/1..2=a"], "limits nothing", ""),
        (["processing", "a", "--param", "x:int/1..3=7"], "--param x: value: the default is out of range", "at most 3"),
        (["processing", "a", "--param", "x:select/p/q=r"], "--param x: value: the default", "p, q"),
        (["processing", "a", "--param", "9:int=1"], "--param 9: param: can't name a parameter", ""),
        (["processing", "a", "--param", "span:int=1"], "is taken", ""),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing(cli, tmp_path, monkeypatch, arguments, message, hint):
    monkeypatch.chdir(tmp_path)
    result = cli("blocks", "init", *arguments)
    assert result.code == 2
    assert message in result.err
    assert hint in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_stays_as_it_is(made, cli):
    block = made("transform")
    before = {path: path.read_bytes() for path in block.rglob("*") if path.is_file()}
    result = cli("blocks", "init", "deployment", block)
    assert (result.code, "is there already" in result.err) == (2, True)
    assert before == {path: path.read_bytes() for path in block.rglob("*") if path.is_file()}


class Terminal:
    """A program on a terminal of its own, and what is on its screen."""

    def __init__(self, arguments, folder, environment):
        self.main, end = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edgewright", *arguments], stdin=end, stdout=end, stderr=end, cwd=folder,
            env={**environment, "NO_COLOR": "1"}, close_fds=True,
        )  # fmt: skip
        os.close(end)
        self.screen, self.read = "", 0

    def until(self, text):
        deadline = time.monotonic() + 60
        while text not in self.screen[self.read :]:
            assert select.select([self.main], [], [], max(deadline - time.monotonic(), 0))[0], self.screen
            try:
                self.screen += os.read(self.main, 4096).decode(errors="replace")
            except OSError:  # the program ended, and its terminal with it
                pytest.fail(f"{text!r} never came:\n{self.screen}")
        self.read = self.screen.index(text, self.read) + len(text)

    def answer(self, question, text):
        self.until(question)
        os.write(self.main, text.encode() + b"\n")

    def close(self):
        try:
            while data := os.read(self.main, 4096):
                self.screen += data.decode(errors="replace")
        except OSError:
            pass
        os.close(self.main)
        return self.process.wait(timeout=60)


def test_questions_on_a_terminal(tmp_path, environment):
    terminal = Terminal(["blocks", "init"], tmp_path, environment)
    terminal.answer("Kind of block", "processing")
    terminal.answer("Folder", "Bad Name")
    terminal.until("can't be a block's name")
    terminal.answer("Folder", "asked")
    terminal.answer("device code", "n")
    terminal.answer("Title", "Asked for")
    terminal.answer("What it does", "")
    terminal.answer("Author", "Ann")
    terminal.answer("A parameter", "gain:flaot=1")
    terminal.until("did you mean")
    terminal.answer("A parameter", "gain:float/0..1=2")
    terminal.until("the default is out of range")
    terminal.answer("A parameter", "gain:float=1")
    terminal.answer("A parameter", "span:int=1")
    terminal.until("is taken")
    terminal.answer("A parameter", "")
    assert terminal.close() == 0, terminal.screen
    spec = load_block_spec(tmp_path / "asked")
    assert spec.title == "Asked for"
    assert "gain" in spec.defaults
    assert not (tmp_path / "asked" / "device").exists()


def test_a_terminal_and_a_flag_ask_nothing(tmp_path, environment):
    terminal = Terminal(["blocks", "init", "transform", "quiet", "--yes"], tmp_path, environment)
    assert terminal.close() == 0, terminal.screen
    assert Path(tmp_path, "quiet", "block.py").is_file()


def test_without_a_terminal_nothing_is_asked(tmp_path, environment):
    done = subprocess.run(
        [sys.executable, "-m", "edgewright", "blocks", "init"], capture_output=True, text=True, cwd=tmp_path,
        env=environment, check=False, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "kind and folder of the new block are missing" in done.stderr


def test_a_transform_block_runs_from_a_request_folder(made, cli, tmp_path):
    block = made("transform")
    source = tmp_path / "in" / "data" / "walking"
    source.mkdir(parents=True)
    (source / "1.csv").write_text("timestamp,x\n0,1\n10,2\n")
    (tmp_path / "in" / "request.json").write_text(
        json.dumps({"operation": "apply", "inputs": {"data": {"kind": "folder", "path": "data"}}})
    )
    options = ["--runner", "process", "--trust", "-p", "factor=3"]
    result = cli("blocks", "run", block, "--in", tmp_path / "in", "--out", tmp_path / "out", *options)
    assert result.code == 0, result.err
    assert (tmp_path / "out" / "data" / "walking" / "1.csv").read_text() == "timestamp,x\n0,3.0\n10,6.0\n"
    (tmp_path / "in" / "request.json").write_text(json.dumps({"operation": "apply"}))
    refused = cli("blocks", "run", block, "--in", tmp_path / "in", "--out", tmp_path / "none", *options)
    assert refused.code == 1
    assert "no data: this block changes a data folder" in refused.err

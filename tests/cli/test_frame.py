"""The frame of the command line: help, unknown words, exit codes, errors, what is printed and what is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

import edgewright.cli.app as app
from edgewright.cli.console import Console, clean
from edgewright.cli.lazy import LazyGroup
from edgewright.errors import EdgewrightError, TaskError


def leaves():
    """Every command that does something, with the words that call it."""

    def walk(group, words):
        for name in group.list_commands(None):
            found = group.get_command(None, name)
            if isinstance(found, LazyGroup):
                yield from walk(found, [*words, name])
            else:
                yield [*words, name], found

    return list(walk(app.application, []))


LEAVES = leaves()


@pytest.fixture
def failing(monkeypatch):
    """Make ``edgewright fail`` raise what is given."""

    def make(error):
        def fail():
            raise error

        command = click.Command(
            "fail", callback=fail, params=[click.Option(["--json"], is_flag=True, expose_value=False)]
        )
        monkeypatch.setitem(app.COMMANDS, "fail", ("x", "x"))
        monkeypatch.setattr(LazyGroup, "get_command", lambda self, ctx, name: command)

    return make


@pytest.mark.parametrize(("words", "command"), LEAVES, ids=[" ".join(words) for words, _ in LEAVES])
def test_every_command_has_an_example_a_sentence_and_json(words, command):
    assert command.help
    assert command.help.split("\n")[0].endswith(".")
    assert "Examples:\n" in command.epilog
    assert f"edgewright {' '.join(words)}" in command.epilog
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options


@pytest.mark.parametrize(("words", "command"), LEAVES, ids=[" ".join(words) for words, _ in LEAVES])
def test_help_of_every_command_opens(cli, words, command):
    result = cli(*words, "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: edgewright {' '.join(words)}")
    assert result.err == ""


def test_help_lists_commands_without_importing_them(environment):
    program = (
        "import sys; from edgewright.cli.app import run; code = run(['--help']);"
        "heavy = [m for m in ('numpy', 'pydantic', 'docker', 'rich', 'sklearn', 'pluggy', 'edgewright.cli.run') if m in sys.modules];"
        "print(heavy); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(name in done.stdout for name in app.COMMANDS)


def test_an_unknown_command_is_answered_with_those_that_look_like_it(cli):
    result = cli("blcoks")
    assert result.code == 2
    assert "no command 'blcoks'; did you mean blocks?" in result.err
    assert result.out == ""


def test_an_unknown_option_is_a_usage_error(cli):
    result = cli("blocks", "list", "--jsn")
    assert result.code == 2
    assert "--json" in result.err


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (EdgewrightError("it broke", hint="mend it"), 1, "error: it broke\n  → mend it\n"),
        (KeyboardInterrupt(), 130, "\nstopped\n"),
        (
            FileNotFoundError(2, "No such file or directory", "gone.csv"),
            1,
            "error: gone.csv: No such file or directory\n",
        ),
        (
            TaskError("a/fit", "timeout", "too slow", log_tail="one\ntwo"),
            1,
            "error: a/fit: timeout: too slow\n  last lines of its log:\n    one\n    two\n",
        ),
        (
            TaskError("a/describe", "block_error", "exit code 1: length is 3", log_tail="length is 3\n"),
            1,
            "error: a/describe: block_error: exit code 1: length is 3\n",
        ),
    ],
)
def test_errors_are_printed_without_traceback(cli, failing, error, code, text):
    failing(error)
    result = cli("fail")
    assert (result.code, result.err, result.out) == (code, text, "")


def test_an_unexpected_error_is_one_line_and_a_file(cli, failing, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(ZeroDivisionError("division by zero"))
    result = cli("fail")
    assert result.code == 1
    assert result.err.startswith("internal error: ZeroDivisionError: division by zero\n")
    assert "please report it" in result.err
    assert "Traceback" not in result.err
    place = result.err.split("traceback: ")[1].split(";")[0]
    assert "ZeroDivisionError" in Path(place).read_text()


def test_debugging_shows_the_traceback(cli, failing, monkeypatch):
    monkeypatch.setenv("EDGEWRIGHT_DEBUG", "1")
    failing(EdgewrightError("it broke"))
    assert "Traceback (most recent call last)" in cli("fail").err


def test_with_json_an_error_is_a_document_too(cli, failing):
    failing(TaskError("a/fit", "timeout", "too slow", hint="raise the limit"))
    result = cli("fail", "--json")
    assert result.code == 1
    assert result.json()["error"] == {
        "kind": "TaskError",
        "message": "a/fit: timeout: too slow",
        "hint": "raise the limit",
        "task": "a/fit",
        "reason": "timeout",
        "exit_code": 1,
    }
    assert "too slow" in result.err


def test_problems_of_a_spec_are_listed_line_by_line(cli, tmp_path):
    block = tmp_path / "odd"
    block.mkdir()
    (block / "parameters.json").write_text(
        '{"type": "processing", "parameters": [{"param": "a", "type": "integer"}, {"param": "--rm", "type": "int"}],\n'
        ' "edgewright": {"contract": 1}}'
    )
    result = cli("blocks", "show", block)
    assert result.code == 2
    assert result.err.count("error: ") >= 2
    assert "parameters.json:1" in result.err


def test_a_closed_pipe_is_no_crash(environment):
    done = subprocess.run(
        f"{sys.executable} -m edgewright blocks show flatten | true",
        shell=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.stderr == ""


def test_control_characters_never_reach_the_terminal(capsys):
    hostile = "a\x1b[2Jb\x07\u202ec\rd"
    assert "\x1b" not in clean(hostile)
    Console().print(hostile)
    Console().table(["x"], [[hostile]])
    Console().note(hostile)
    captured = capsys.readouterr()
    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(captured.out + captured.err)


def test_json_is_all_that_stdout_holds(capsys):
    console = Console(as_json=True)
    console.print("for people")
    console.table(["a"], [[1]])
    with console.progress("busy") as update:
        update(1, 2, "half")
    console.document({"name": "\x1b[31m", "path": Path("a")})
    assert json.loads(capsys.readouterr().out) == {"name": "\x1b[31m", "path": "a"}


def test_warnings_of_the_library_are_one_line(cli, monkeypatch):
    import warnings

    command = click.Command(
        "fail", callback=lambda: warnings.warn("mind the gap", RuntimeWarning, stacklevel=1)
    )
    monkeypatch.setitem(app.COMMANDS, "fail", ("x", "x"))
    monkeypatch.setattr(LazyGroup, "get_command", lambda self, ctx, name: command)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert cli("fail").err == "warning: mind the gap\n"
